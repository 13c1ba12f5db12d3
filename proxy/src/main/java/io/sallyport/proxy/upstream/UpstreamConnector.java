package io.sallyport.proxy.upstream;

import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.BackendTlsConfig;
import io.sallyport.config.HostPort;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeDone;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.balance.Server;
import io.sallyport.proxy.stat.HandshakeStat;
import io.sallyport.proxy.tls.Linger;
import io.sallyport.proxy.tls.TlsPolicies;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.util.List;

/// What all connections of one event loop need to reach servers: a TCP client, and the agent for
/// handshakes. Owned by that event loop; the sockets it makes live there.
public final class UpstreamConnector {
  private final Vertx vertx;
  private final NetClient client;
  private final RecordEngine engine;
  private final HandshakeAgent handshakes;
  private final HandshakeStat handshakeStat;

  /// @param handshakeStat counts how the handshakes with servers ended
  public UpstreamConnector(
      Vertx vertx, RecordEngine engine, HandshakeAgent handshakes, HandshakeStat handshakeStat) {
    this.vertx = vertx;
    this.engine = engine;
    this.handshakes = handshakes;
    this.handshakeStat = handshakeStat;
    client =
        vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true).setTcpKeepAlive(true));
  }

  /// A search for a server of `backend`; nothing happens before its [UpstreamSearch#run()].
  public UpstreamSearch searchIn(Backend backend) {
    return new UpstreamSearch(this, backend);
  }

  /// A plain socket to `server`.
  Future<KtlsSocket> connect(Backend backend, Server server) {
    HostPort address = server.address();
    return client
        .connect(
            new ConnectOptions()
                .setHost(address.host())
                .setPort(address.port())
                .setTimeout(Math.toIntExact(backend.connectTimeout().toMillis())))
        .map(this::install);
  }

  private KtlsSocket install(NetSocket socket) {
    NetSocketInternal internal = (NetSocketInternal) socket;
    return KtlsHandler.install((SocketChannel) internal.channelHandlerContext().channel(), engine);
  }

  /// Asks the agent for a session on `socket`, as the backend's `tls` demands.
  HandshakeSubmit requestHandshake(
      KtlsSocket socket,
      Backend backend,
      BackendTlsConfig.On tls,
      Server server,
      int timeoutMs,
      HandshakeDone done) {
    HandshakeArgs args =
        new HandshakeArgs(
            socket,
            outcome -> {
              handshakeStat.count(outcome);
              done.done(outcome);
            },
            tls.serverName().of(server.address()),
            timeoutMs,
            tls.keyring(),
            KeySerial.NONE,
            KeySerial.NONE,
            List.of(),
            TlsPolicies.of(tls),
            backend.name());
    return switch (tls.verify()) {
      case REQUIRED -> handshakes.clientHelloX509(args);
      case NONE -> handshakes.clientHelloAnon(args);
    };
  }

  /// Makes sure that no `done` comes for `socket` any more.
  void cancelHandshake(KtlsSocket socket) {
    handshakes.cancel(socket);
  }

  /// Closes a socket whose handshake failed, once its alert is out. Nobody waits for that.
  void dismiss(KtlsSocket socket) {
    Linger.on(socket, vertx).onComplete(_ -> socket.close());
  }
}
