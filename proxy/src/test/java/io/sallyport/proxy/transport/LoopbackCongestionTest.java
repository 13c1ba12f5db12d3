package io.sallyport.proxy.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
