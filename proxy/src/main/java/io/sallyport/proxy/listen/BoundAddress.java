package io.sallyport.proxy.listen;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.HostPort;
import io.sallyport.config.ListenerConfig;
import io.sallyport.proxy.transport.TcpSockets;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The address of one listener, bound once for all event loops: accepts on the loop that came first
/// and hands each connection to the next of them. Any thread.
public final class BoundAddress {
  private record Taker(EventLoop loop, ChannelHandler taking) {}

  private final TcpSockets sockets;
  private final ListenerConfig config;
  private final List<Taker> takers = new CopyOnWriteArrayList<>();

  /// Null before the first loop came. Guarded by this.
  private @Nullable Future<ServerSocketChannel> bound;

  /// Whose turn it is. Confined to the loop that accepts.
  private int turn;

  public BoundAddress(TcpSockets sockets, ListenerConfig config) {
    this.sockets = sockets;
    this.config = config;
  }

  /// Takes a share of the connections from now on, each on `loop`. Gives the address, with the port
  /// that was bound when the configured one is 0. Fails with [BindException].
  Future<HostPort> share(EventLoop loop, Consumer<SocketChannel> accepted) {
    takers.add(new Taker(loop, TcpSockets.taking(accepted)));
    return bind(loop)
        .map(channel -> new HostPort(config.bind().host(), channel.localAddress().getPort()))
        .recover(cause ->
            Future.failedFuture(
                new BindException("listener " + config.name(), config.bind(), cause)));
  }

  private synchronized Future<ServerSocketChannel> bind(EventLoop loop) {
    if (bound == null) {
      bound = sockets.listen(loop, config.bind(), this::hand);
    }
    return bound;
  }

  private void hand(SocketChannel channel) {
    Taker taker = takers.get(turn++ % takers.size());
    turn %= takers.size();
    sockets.register(channel, taker.loop(), taker.taking());
  }

  /// Stops accepting, for all loops.
  synchronized void close() {
    if (bound != null) {
      bound.onSuccess(channel -> {
        ChannelFuture _ = channel.close();
      });
    }
  }
}
