package io.sallyport.proxy.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import io.sallyport.config.HostPort;
import io.sallyport.config.NodeConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoopbackCongestionTest {
  private static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 443);
  private static final InetSocketAddress LOOPBACK_V6 =
      new InetSocketAddress(InetAddress.ofLiteral("::1"), 443);
  private static final InetSocketAddress ELSEWHERE =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 443);

  private final List<Channel> channels = new ArrayList<>();

  @BeforeEach
  void needsBbr() throws Exception {
    assumeTrue(Epoll.isAvailable(), "this machine has no epoll");
    assumeTrue(
        Files.readString(Path.of("/proc/sys/net/ipv4/tcp_available_congestion_control"))
            .contains("bbr"),
        "this kernel has no BBR");
  }

  @AfterEach
  void close() {
    channels.forEach(channel -> channel.unsafe().closeForcibly());
  }

  @Test
  void aHostOfBbrPacesNothingOnLoopback() {
    LoopbackCongestion congestion = new LoopbackCongestion(channel("bbr"));
    for (InetSocketAddress address : List.of(LOOPBACK, LOOPBACK_V6)) {
      Channel channel = channel("bbr");
      congestion.endPacing(channel, address);
      assertThat(LoopbackCongestion.name(channel)).as("to %s", address).isEqualTo("reno");
    }
  }

  @Test
  void whatLeavesTheMachineKeepsTheChoiceOfTheHost() {
    LoopbackCongestion congestion = new LoopbackCongestion(channel("bbr"));
    Channel channel = channel("bbr");
    congestion.endPacing(channel, ELSEWHERE);
    congestion.endPacing(channel, InetSocketAddress.createUnresolved("localhost", 443));
    assertThat(LoopbackCongestion.name(channel)).isEqualTo("bbr");
  }

  @Test
  void aHostThatDoesNotPaceKeepsItsChoice() {
    LoopbackCongestion congestion = new LoopbackCongestion(channel("cubic"));
    Channel channel = channel("cubic");
    congestion.endPacing(channel, LOOPBACK);
    assertThat(LoopbackCongestion.name(channel)).isEqualTo("cubic");
  }

  @Test
  void aChannelWithoutTheOptionIsLeftAlone() {
    Channel nio = new NioSocketChannel();
    channels.add(nio);
    assertThat(LoopbackCongestion.name(nio)).isEmpty();
    new LoopbackCongestion(nio).endPacing(nio, LOOPBACK);
    new LoopbackCongestion(channel("bbr")).endPacing(nio, LOOPBACK);
  }

  @Test
  void onAHostOfBbrNeitherSideOfAConnectionOnLoopbackIsPaced() throws Exception {
    Channel hosts = new EpollSocketChannel();
    channels.add(hosts);
    assumeTrue(LoopbackCongestion.name(hosts).equals("bbr"), "this host's default is not BBR");
    Vertx vertx = EventLoops.alone(new NodeConfig("test", Path.of("/none"), 1, Duration.ZERO));
    try {
      TcpSockets sockets = new TcpSockets(vertx, UnpooledByteBufAllocator.DEFAULT);
      EventLoop loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
      CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
      ServerSocketChannel bound =
          await(sockets.listen(loop, new HostPort("127.0.0.1", 0), accepted::complete));
      SocketChannel connected =
          await(
              sockets.connect(
                  loop,
                  new HostPort("localhost", bound.localAddress().getPort()),
                  Duration.ofSeconds(10)));
      assertThat(LoopbackCongestion.name(connected)).isEqualTo("reno");
      assertThat(LoopbackCongestion.name(accepted.get(10, TimeUnit.SECONDS))).isEqualTo("reno");
    } finally {
      await(vertx.close());
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private Channel channel(String congestionControl) {
    Channel channel = new EpollSocketChannel();
    channels.add(channel);
    ByteBuffer name = StandardCharsets.US_ASCII.encode(congestionControl);
    channel
        .config()
        .setOption(new RawUnixChannelOption("TCP_CONGESTION", 6, 13, name.remaining()), name);
    return channel;
  }
}
