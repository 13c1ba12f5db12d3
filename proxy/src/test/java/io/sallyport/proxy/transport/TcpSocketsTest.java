package io.sallyport.proxy.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.HostPort;
import io.sallyport.config.NodeConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpSocketsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private Vertx vertx;
  private TcpSockets sockets;
  private EventLoop loop;
  private ServerSocketChannel bound;
  private final CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();

  @BeforeEach
  void listen() throws Exception {
    vertx = EventLoops.alone(new NodeConfig("test", Path.of("/none"), 1, Duration.ZERO));
    sockets = new TcpSockets(vertx, UnpooledByteBufAllocator.DEFAULT);
    loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
    bound = listen("127.0.0.1", accepted);
  }

  private ServerSocketChannel listen(String host, CompletableFuture<SocketChannel> taker)
      throws Exception {
    return await(
        sockets.listen(
            loop,
            new HostPort(host, 0),
            channel -> sockets.register(channel, loop, TcpSockets.taking(taker::complete))));
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  @Test
  void bothEndsKeepTheConnectionAliveAndQueueLittleInTheKernel() throws Exception {
    for (SocketChannel channel : List.of(connect("127.0.0.1"), accepted())) {
      assertThat(channel.config().isKeepAlive()).isTrue();
      assertThat(channel.config().isTcpNoDelay()).isTrue();
      assertThat(channel.config().isAutoRead()).isFalse();
      assertThat(channel.config().getAllocator()).isSameAs(UnpooledByteBufAllocator.DEFAULT);
      if (channel instanceof EpollSocketChannel epoll) {
        assertThat(epoll.config().getTcpNotSentLowAt()).isEqualTo(LoopTransport.NOT_SENT_BYTES);
      }
    }
  }

  @Test
  void anEventLoopTakesNoteOfWhatItsRelaysHaveCarriedWhenItsTurnEnds() throws Exception {
    assumeTrue(Epoll.isAvailable(), "this machine has no epoll");
    ReadCoalescing coalescing = sockets.coalescing(loop);
    assertThat(
            onLoop(() -> {
              coalescing.carried(1);
              return coalescing.carried();
            }))
        .isEqualTo(1);
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (onLoop(coalescing::carried) != 0) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  private long onLoop(Callable<Long> question) throws Exception {
    return loop.submit(question).get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void onAHostOfBbrNeitherSideOfAConnectionOnLoopbackIsPaced() throws Exception {
    assumeTrue(Epoll.isAvailable(), "this machine has no epoll");
    Channel hosts = new EpollSocketChannel();
    String usual = LoopbackCongestion.name(hosts);
    hosts.unsafe().closeForcibly();
    assumeTrue(usual.equals("bbr"), "this host's default is not BBR");
    for (String name : List.of("127.0.0.1", "localhost")) {
      assertThat(LoopbackCongestion.name(connect(name))).as("to %s", name).isEqualTo("reno");
    }
    assertThat(LoopbackCongestion.name(accepted())).isEqualTo("reno");
  }

  /// The kernel lists IPv4 sockets in tcp, all others in tcp6 (proc_pid_net(5)): the port in
  /// hexadecimal digits, the other end, and 0A for one that listens or 01 for an established one.
  @Test
  void ipv4AddressesHaveIpv4Sockets() throws Exception {
    assumeTrue(Epoll.isAvailable(), "this machine has no epoll");
    InetSocketAddress client = connect("127.0.0.1").localAddress();
    for (int port : List.of(bound.localAddress().getPort(), client.getPort())) {
      Pattern listed = Pattern.compile(String.format(":%04X [0-9A-F]+:[0-9A-F]{4} (0A|01) ", port));
      assertThat(Path.of("/proc/self/net/tcp")).content().containsPattern(listed);
      assertThat(Path.of("/proc/self/net/tcp6")).content().doesNotContainPattern(listed);
    }
  }

  @Test
  void eachWildcardTakesConnectionsOfBothVersionsAndNamesTheirPeersAlike() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/net/if_inet6")), "this machine has no IPv6");
    for (String wildcard : List.of("0.0.0.0", "::")) {
      assertThat(peerOf("127.0.0.1", wildcard)).matches("127\\.0\\.0\\.1:\\d+");
      assertThat(peerOf("::1", wildcard)).matches("\\[0:0:0:0:0:0:0:1]:\\d+");
    }
  }

  private String peerOf(String host, String wildcard) throws Exception {
    CompletableFuture<SocketChannel> taken = new CompletableFuture<>();
    int port = listen(wildcard, taken).localAddress().getPort();
    SocketChannel _ = await(connectTo(new HostPort(host, port)));
    return TcpSockets.peer(taken.get(10, TimeUnit.SECONDS));
  }

  @Test
  void aPortWhereNobodyListensIsAnErrorThatSaysSo() throws Exception {
    HostPort gone = new HostPort("127.0.0.1", bound.localAddress().getPort());
    bound.close().get(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> await(connectTo(gone))).hasMessageContaining("onnection refused");
  }

  @Test
  void aNameThatNobodyKnowsIsAnErrorThatNamesIt() {
    assertThatThrownBy(() -> await(connectTo(new HostPort("no-such-host.invalid", 1))))
        .hasMessageContaining("no-such-host.invalid");
  }

  private SocketChannel connect(String host) throws Exception {
    return await(connectTo(new HostPort(host, bound.localAddress().getPort())));
  }

  private Future<SocketChannel> connectTo(HostPort address) {
    return Future.future(
        promise -> loop.execute(() -> sockets.connect(loop, address, TIMEOUT).onComplete(promise)));
  }

  private SocketChannel accepted() throws Exception {
    return accepted.get(10, TimeUnit.SECONDS);
  }

  /// Longer than a resolver asks a name server that does not answer.
  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(90, TimeUnit.SECONDS);
  }
}
