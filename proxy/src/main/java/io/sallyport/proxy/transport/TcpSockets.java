package io.sallyport.proxy.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.config.HostPort;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// TCP sockets as plain channels on the event loops of Vert.x, for connections that Vert.x has no
/// part in: see `docs/decisions/0003-plain-channels.md`.
///
/// Each channel is its taker's. It reads nothing before it is asked to. TCP_NODELAY is Netty's
/// default. Any thread.
public final class TcpSockets {
  private static final Logger LOG = System.getLogger("sallyport");
  private static final int BACKLOG = 4096;

  /// When the process has no descriptor left, it accepts again after so long.
  private static final int ACCEPT_PAUSE_MS = 1_000;

  // From asm-generic/socket.h and linux/tcp.h. An accepted connection has the options of its
  // listener on Linux, which are then not set for each.
  private static final IntegerUnixChannelOption SO_KEEPALIVE =
      new IntegerUnixChannelOption("SO_KEEPALIVE", 1, 9);
  private static final IntegerUnixChannelOption TCP_NOTSENT_LOWAT =
      new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", 6, 25);

  private final VertxInternal vertx;
  private final ByteBufAllocator allocator;
  private final ChannelFactory<? extends Channel> channels;
  private final LoopbackCongestion loopback;

  public TcpSockets(Vertx vertx, ByteBufAllocator allocator) {
    this.vertx = (VertxInternal) vertx;
    this.allocator = allocator;
    channels = this.vertx.transport().channelFactory(false);
    loopback = loopbackCongestion();
  }

  private LoopbackCongestion loopbackCongestion() {
    Channel unused = channels.newChannel();
    try {
      return new LoopbackCongestion(unused);
    } finally {
      unused.unsafe().closeForcibly();
    }
  }

  /// Where the relays of `loop` say what they carry, for it to know when bulk data may gather.
  /// Without epoll nobody asks there.
  public ReadCoalescing coalescing(EventLoop loop) {
    return vertx.transport() instanceof LoopTransport epoll
        ? epoll.coalescing(loop)
        : new ReadCoalescing();
  }

  /// Binds `address` and accepts on `loop` from then on. Gives the bound channel; closing it stops
  /// accepting.
  ///
  /// @param accepted on `loop`; each connection is established and belongs to no event loop yet
  public Future<ServerSocketChannel> listen(
      EventLoop loop, HostPort address, Consumer<SocketChannel> accepted) {
    Promise<ServerSocketChannel> bound = Promise.promise();
    InetSocketAddress local = socketAddress(address);
    ServerSocketChannel channel = serverChannel(local);
    channel.config().setBacklog(BACKLOG).setReuseAddress(true);
    if (channel instanceof EpollServerSocketChannel) {
      channel.config().setOption(SO_KEEPALIVE, 1);
      channel.config().setOption(TCP_NOTSENT_LOWAT, LoopTransport.NOT_SENT_BYTES);
    }
    channel.pipeline().addLast(new Accepting(accepted));
    loop.register(channel)
        .addListener(registered -> {
          if (registered.isSuccess()) {
            channel.bind(local).addListener(it -> complete(bound, channel, it.cause()));
          } else {
            complete(bound, channel, registered.cause());
          }
        });
    return bound.future();
  }

  /// The wildcard of IPv4 stands for all addresses, which takes an IPv6 socket.
  private ServerSocketChannel serverChannel(InetSocketAddress local) {
    if (hasEpoll() && isIpv4(local) && !local.getAddress().isAnyLocalAddress()) {
      return new EpollServerSocketChannel(SocketProtocolFamily.INET);
    }
    return (ServerSocketChannel) vertx.transport().serverChannelFactory(false).newChannel();
  }

  /// An IPv6 socket would carry IPv4 as well, at the price of an option more and of longer ways in
  /// the kernel.
  private SocketChannel channel(InetSocketAddress remote) {
    if (hasEpoll() && isIpv4(remote)) {
      return new EpollSocketChannel(SocketProtocolFamily.INET);
    }
    return (SocketChannel) channels.newChannel();
  }

  private boolean hasEpoll() {
    return vertx.transport() instanceof LoopTransport;
  }

  private static boolean isIpv4(InetSocketAddress address) {
    return address.getAddress() instanceof Inet4Address;
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

  /// Unresolved when the host is a name.
  private static InetSocketAddress socketAddress(HostPort address) {
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
    accepted.config().setAllocator(allocator).setAutoRead(false);
    if (!(accepted instanceof EpollSocketChannel)) {
      accepted.config().setKeepAlive(true);
    }
    accepted.pipeline().addLast(taking);
    loop.register(accepted)
        .addListener(registered -> {
          if (!registered.isSuccess()) {
            accepted.unsafe().closeForcibly();
          }
        });
  }

  /// Connects. Names are resolved as Vert.x resolves them. Fails when connecting takes longer than
  /// `timeout`, or there is no descriptor left.
  ///
  /// @param loop the channel's; call on it
  public Future<SocketChannel> connect(EventLoop loop, HostPort address, Duration timeout) {
    Promise<SocketChannel> connected = Promise.promise();
    InetSocketAddress asked = socketAddress(address);
    if (asked.isUnresolved()) {
      vertx
          .nameResolver()
          .nettyAddressResolverGroup()
          .getResolver(loop)
          .resolve(asked)
          .addListener((io.netty.util.concurrent.Future<InetSocketAddress> answer) -> {
            if (answer.isSuccess()) {
              connect(loop, answer.getNow(), timeout, connected);
            } else {
              connected.fail(answer.cause());
            }
          });
    } else {
      connect(loop, asked, timeout, connected);
    }
    return connected.future();
  }

  private void connect(
      EventLoop loop, InetSocketAddress address, Duration timeout, Promise<SocketChannel> result) {
    SocketChannel channel;
    try {
      channel = channel(address);
    } catch (ChannelException e) {
      result.fail(e);
      return;
    }
    channel
        .config()
        .setAllocator(allocator)
        .setAutoRead(false)
        .setKeepAlive(true)
        .setConnectTimeoutMillis(Math.toIntExact(timeout.toMillis()));
    if (channel instanceof EpollSocketChannel epoll) {
      epoll.config().setTcpNotSentLowAt(LoopTransport.NOT_SENT_BYTES);
    }
    loopback.endPacing(channel, address);
    loop.register(channel)
        .addListener(registered -> {
          if (registered.isSuccess()) {
            channel.connect(address).addListener(done -> connected(result, channel, done.cause()));
          } else {
            connected(result, channel, registered.cause());
          }
        });
  }

  private void connected(Promise<SocketChannel> result, SocketChannel channel, Throwable cause) {
    if (cause == null) {
      result.complete(channel);
    } else {
      ChannelFuture _ = channel.close();
      result.fail(cause);
    }
  }

  /// The other end of a channel as log lines name it.
  public static String peer(SocketChannel channel) {
    InetSocketAddress remote = channel.remoteAddress();
    String host = remote.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + remote.getPort();
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
