package io.sallyport.proxy.listen;

import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.HostPort;
import io.sallyport.config.ListenerConfig;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;

/// One bound address, as one event loop sees it: accepts its share of the connections and makes
/// sockets of them. The event loops of a process share the address.
public final class Listener {
  private static final int BACKLOG = 4096;

  /// Who takes the connections.
  public interface Acceptor {
    /// A client connected. The socket is established and plain; nothing was read from it yet.
    ///
    /// @param peer the client's address, for log lines
    void accepted(KtlsSocket socket, String peer);
  }

  private final ListenerConfig config;
  private final RecordEngine engine;
  private final NetServer server;

  public Listener(Vertx vertx, ListenerConfig config, RecordEngine engine, Acceptor acceptor) {
    this.config = config;
    this.engine = engine;
    server =
        vertx
            .createNetServer(
                new NetServerOptions()
                    .setAcceptBacklog(BACKLOG)
                    .setTcpNoDelay(true)
                    .setTcpKeepAlive(true))
            .connectHandler(
                socket -> acceptor.accepted(install(socket), socket.remoteAddress().toString()));
  }

  private KtlsSocket install(NetSocket socket) {
    NetSocketInternal internal = (NetSocketInternal) socket;
    return KtlsHandler.install((SocketChannel) internal.channelHandlerContext().channel(), engine);
  }

  /// Binds the address and accepts from then on. Gives the address, with the port that was bound
  /// when the configured one is 0. Fails with [BindException].
  ///
  /// @param sharedPort negative, the same for all event loops of this listener: stands for one free
  ///   port that they share when the configured port is 0
  public Future<HostPort> listen(int sharedPort) {
    HostPort bind = config.bind();
    int port = bind.port() == 0 ? sharedPort : bind.port();
    return server
        .listen(port, bind.host())
        .map(bound -> new HostPort(bind.host(), bound.actualPort()))
        .recover(cause ->
            Future.failedFuture(
                new BindException("listener " + config.name(), config.bind(), cause)));
  }

  /// Stops accepting at once. Completes when every connection has ended; those that have not by
  /// `timeout` are closed.
  public Future<Void> shutdown(Duration timeout) {
    return server.shutdown(timeout);
  }
}
