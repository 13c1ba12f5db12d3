package io.sallyport.proxy.listen;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.config.HostPort;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.sallyport.proxy.transport.TcpSockets;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// One bound address, as one event loop sees it: takes its share of the connections and makes
/// sockets of them. Owned by that loop.
public final class Listener {
  /// Who takes the connections.
  public interface Acceptor {
    /// A client connected. The socket is established and plain; nothing was read from it yet.
    ///
    /// @param peer the client's address, for log lines
    void accepted(KtlsSocket socket, String peer);
  }

  private final EventLoop loop;
  private final BoundAddress address;
  private final RecordEngine engine;
  private final Acceptor acceptor;
  private final Promise<Void> ended = Promise.promise();
  private final ChannelFutureListener whenClosed = _ -> closed();
  private boolean ending;

  /// Channels that are open, those among them whose last bytes are still on their way.
  private int open;

  public Listener(EventLoop loop, BoundAddress address, RecordEngine engine, Acceptor acceptor) {
    this.loop = loop;
    this.address = address;
    this.engine = engine;
    this.acceptor = acceptor;
  }

  /// Accepts from then on. Gives the address, with the port that was bound when the configured one
  /// is 0. Fails with [BindException].
  public Future<HostPort> listen() {
    return address.share(loop, this::accept);
  }

  private void accept(SocketChannel channel) {
    open++;
    channel.closeFuture().addListener(whenClosed);
    acceptor.accepted(KtlsHandler.install(channel, engine), TcpSockets.peer(channel));
  }

  private void closed() {
    open--;
    if (ending && open == 0) {
      ended.tryComplete();
    }
  }

  /// Stops accepting at once, on all loops. Completes when every connection of this one has ended,
  /// at the latest after `timeout`.
  public Future<Void> shutdown(Duration timeout) {
    address.close();
    ending = true;
    if (open == 0) {
      ended.tryComplete();
    } else {
      ScheduledFuture<?> _ =
          loop.schedule(() -> ended.tryComplete(), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }
    return ended.future();
  }
}
