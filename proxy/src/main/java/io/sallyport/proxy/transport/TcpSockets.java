package io.sallyport.proxy.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.config.HostPort;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// TCP sockets as plain channels on the event loops of Vert.x, for connections that Vert.x has no
/// part in: see `docs/decisions/0003-plain-channels.md`.
///
/// Each channel is its taker's. It reads nothing before it is asked to. Any thread.
public final class TcpSockets {
  private static final Logger LOG = System.getLogger("sallyport");
  private static final int BACKLOG = 4096;

  /// When the process has no descriptor left, it accepts again after so long.
  private static final int ACCEPT_PAUSE_MS = 1_000;

  private final VertxInternal vertx;
  private final ByteBufAllocator allocator;
  private final Bootstrap connecting;
  private final LoopbackCongestion loopback;

  public TcpSockets(Vertx vertx, ByteBufAllocator allocator) {
    this.vertx = (VertxInternal) vertx;
    this.allocator = allocator;
    connecting =
        new Bootstrap()
            .channelFactory(this.vertx.transport().channelFactory(false))
            .resolver(this.vertx.nameResolver().nettyAddressResolverGroup())
            .option(ChannelOption.AUTO_READ, false)
            .handler(new Connecting());
    loopback = loopbackCongestion();
  }

  private LoopbackCongestion loopbackCongestion() {
    Channel unused = vertx.transport().channelFactory(false).newChannel();
    try {
      return new LoopbackCongestion(unused);
    } finally {
      unused.unsafe().closeForcibly();
    }
  }

  /// Binds `address` and accepts on `loop` from then on. Gives the bound channel; closing it stops
  /// accepting.
  ///
  /// @param accepted on `loop`; each connection is established and belongs to no event loop yet
  public Future<ServerSocketChannel> listen(
      EventLoop loop, HostPort address, Consumer<SocketChannel> accepted) {
    Promise<ServerSocketChannel> bound = Promise.promise();
    @SuppressWarnings("unchecked") // Every TCP server socket of Netty's is one.
    ChannelFactory<ServerSocketChannel> factory =
        (ChannelFactory<ServerSocketChannel>) vertx.transport().serverChannelFactory(false);
    ServerSocketChannel channel = factory.newChannel();
    channel.config().setBacklog(BACKLOG).setReuseAddress(true);
    channel.pipeline().addLast(new Accepting(accepted));
    loop.register(channel)
        .addListener(registered -> {
          if (registered.isSuccess()) {
            channel.bind(resolved(address)).addListener(it -> complete(bound, channel, it.cause()));
          } else {
            complete(bound, channel, registered.cause());
          }
        });
    return bound.future();
  }

  private void complete(
      Promise<ServerSocketChannel> bound, ServerSocketChannel channel, Throwable cause) {
    if (cause == null) {
      loopback.endPacing(channel, channel.localAddress());
      bound.complete(channel);
    } else {
      ChannelFuture _ = channel.close();
      bound.fail(cause);
    }
  }

  /// A literal address without asking anybody, a name as the one whom Vert.x asks says.
  private static InetSocketAddress resolved(HostPort address) {
    InetAddress literal = NetUtil.createInetAddressFromIpAddressString(address.host());
    return literal == null
        ? InetSocketAddress.createUnresolved(address.host(), address.port())
        : new InetSocketAddress(literal, address.port());
  }

  /// A handler that gives accepted channels to `taker`, each on its event loop and before anything
  /// that happens to it, its end included. If `taker` throws, the channel is closed.
  public static ChannelHandler taking(Consumer<SocketChannel> taker) {
    return new ChannelInitializer<SocketChannel>() {
      @Override
      protected void initChannel(SocketChannel channel) {
        taker.accept(channel);
      }
    };
  }

  /// Makes an accepted channel one of `loop`'s.
  ///
  /// @param taking as made by [#taking]
  public void register(SocketChannel accepted, EventLoop loop, ChannelHandler taking) {
    prepare(accepted);
    accepted.config().setAutoRead(false);
    accepted.pipeline().addLast(taking);
    loop.register(accepted)
        .addListener(registered -> {
          if (!registered.isSuccess()) {
            accepted.unsafe().closeForcibly();
          }
        });
  }

  /// Connects, on `loop`. Fails when that takes longer than `timeout`.
  public Future<SocketChannel> connect(EventLoop loop, HostPort address, Duration timeout) {
    Promise<SocketChannel> connected = Promise.promise();
    ChannelFuture connecting =
        this.connecting
            .clone(loop)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(timeout.toMillis()))
            .connect(resolved(address));
    connecting.addListener(done -> {
      if (done.isSuccess()) {
        SocketChannel channel = (SocketChannel) connecting.channel();
        channel.pipeline().remove(Connecting.class);
        prepare(channel);
        connected.complete(channel);
      } else {
        connected.fail(done.cause());
      }
    });
    return connected.future();
  }

  /// TCP_NODELAY is Netty's default.
  private void prepare(SocketChannel channel) {
    channel.config().setAllocator(allocator);
    channel.config().setKeepAlive(true);
    if (channel instanceof EpollSocketChannel epoll) {
      epoll.config().setTcpNotSentLowAt(HalfCloseEpoll.NOT_SENT_BYTES);
    }
  }

  /// The other end of a channel as log lines name it.
  public static String peer(SocketChannel channel) {
    InetSocketAddress remote = channel.remoteAddress();
    String host = remote.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + remote.getPort();
  }

  /// Stands in the pipeline until whoever takes the channel adds its own handler.
  @ChannelHandler.Sharable
  private final class Connecting extends ChannelOutboundHandlerAdapter {
    /// Behind the resolver of names.
    @Override
    public void connect(
        ChannelHandlerContext context,
        SocketAddress remote,
        SocketAddress local,
        ChannelPromise promise) {
      loopback.endPacing(context.channel(), remote);
      ChannelFuture _ = context.connect(remote, local, promise);
    }
  }

  private static final class Accepting extends ChannelInboundHandlerAdapter {
    private final Consumer<SocketChannel> accepted;

    Accepting(Consumer<SocketChannel> accepted) {
      this.accepted = accepted;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      accepted.accept((SocketChannel) message);
    }

    /// Without a pause the loop would do nothing but fail to accept.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      LOG.log(
          Level.WARNING,
          "cannot accept on "
              + context.channel().localAddress()
              + ", and tries again in a second: "
              + cause.getMessage());
      context.channel().config().setAutoRead(false);
      ScheduledFuture<?> _ =
          context
              .executor()
              .schedule(
                  () -> context.channel().config().setAutoRead(true),
                  ACCEPT_PAUSE_MS,
                  TimeUnit.MILLISECONDS);
    }
  }
}
