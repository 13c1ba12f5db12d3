package io.sallyport.proxy.upstream;

import io.netty.channel.EventLoop;
import io.sallyport.config.BackendTlsConfig;
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
import io.sallyport.proxy.transport.TcpSockets;
import io.vertx.core.Future;
import java.util.List;

/// What all connections of one event loop need to reach servers: TCP sockets, and the agent for
/// handshakes. Owned by that event loop; the sockets it makes live there.
public final class UpstreamConnector {
  private final EventLoop loop;
  private final TcpSockets sockets;
  private final RecordEngine engine;
  private final HandshakeAgent handshakes;
  private final HandshakeStat handshakeStat;

  /// @param handshakeStat counts how the handshakes with servers ended
  public UpstreamConnector(
      EventLoop loop,
      TcpSockets sockets,
      RecordEngine engine,
      HandshakeAgent handshakes,
      HandshakeStat handshakeStat) {
    this.loop = loop;
    this.sockets = sockets;
    this.engine = engine;
    this.handshakes = handshakes;
    this.handshakeStat = handshakeStat;
  }

  /// A search for a server of `backend`; nothing happens before its [UpstreamSearch#run()].
  public UpstreamSearch searchIn(Backend backend) {
    return new UpstreamSearch(this, backend);
  }

  /// A plain socket to `server`.
  Future<KtlsSocket> connect(Backend backend, Server server) {
    return sockets
        .connect(loop, server.address(), backend.connectTimeout())
        .map(channel -> KtlsHandler.install(channel, engine));
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
    Linger.on(socket, loop).onComplete(_ -> socket.close());
  }
}
