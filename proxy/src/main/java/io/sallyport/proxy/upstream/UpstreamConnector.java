package io.sallyport.proxy.upstream;

import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.HostPort;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.balance.Server;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// Connects to a server of a backend, and to another one when the first cannot be reached.
///
/// Owned by one event loop; the sockets it returns live there.
public final class UpstreamConnector {
  /// Servers tried for one connection before it is given up.
  private static final int MAX_ATTEMPTS = 3;

  private final NetClient client;
  private final RecordEngine engine;

  public UpstreamConnector(Vertx vertx, RecordEngine engine) {
    this.engine = engine;
    client =
        vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true).setTcpKeepAlive(true));
  }

  /// A socket to the server whose turn it is. Fails with [NoServerException] when up to three
  /// different servers could not be reached; a server that was not reached is not tried again.
  ///
  /// @param wanted asked before another server is tried
  public Future<KtlsSocket> connect(Backend backend, BooleanSupplier wanted) {
    return connect(backend, wanted, new HashSet<>());
  }

  private Future<KtlsSocket> connect(Backend backend, BooleanSupplier wanted, Set<Server> failed) {
    Server server = backend.next(failed);
    return client
        .connect(options(backend, server))
        .map(this::install)
        .recover(cause -> {
          failed.add(server);
          return failed.size() < Math.min(MAX_ATTEMPTS, backend.size()) && wanted.getAsBoolean()
              ? connect(backend, wanted, failed)
              : Future.failedFuture(new NoServerException(backend, server, cause));
        });
  }

  private static ConnectOptions options(Backend backend, Server server) {
    HostPort address = server.address();
    return new ConnectOptions()
        .setHost(address.host())
        .setPort(address.port())
        .setTimeout(Math.toIntExact(backend.connectTimeout().toMillis()));
  }

  private KtlsSocket install(NetSocket socket) {
    NetSocketInternal internal = (NetSocketInternal) socket;
    return KtlsHandler.install((SocketChannel) internal.channelHandlerContext().channel(), engine);
  }
}
