package io.sallyport.proxy.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Congestion control of connections that stay within this machine (tcp(7), `TCP_CONGESTION`).
///
/// Where BBR is the host's default, the kernel paces what a socket sends; on loopback, which has no
/// queue to do that, by a timer of each socket, though nothing can be congested there. Reno, which
/// every Linux has, does not. See `docs/decisions/0004-no-pacing-on-loopback.md`. Thread-safe.
final class LoopbackCongestion {
  private static final String RENO = "reno";
  private static final String PACING = "bbr";

  /// From netinet/tcp.h and linux/tcp.h.
  private static final int IPPROTO_TCP = 6;

  private static final int TCP_CONGESTION = 13;
  private static final int MAX_NAME_LENGTH = 16;

  private static final RawUnixChannelOption NAME =
      new RawUnixChannelOption("TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, MAX_NAME_LENGTH);
  private static final RawUnixChannelOption NEXT =
      new RawUnixChannelOption("TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, RENO.length());

  private final boolean paces;

  /// @param unused a channel with the host's defaults, which this call may change
  LoopbackCongestion(Channel unused) {
    paces = name(unused).startsWith(PACING) && setReno(unused);
  }

  /// Ends the pacing of `channel`, and of what it accepts, when `address` is of loopback.
  ///
  /// @param address of the other end, or the one that a server channel is bound to
  void endPacing(Channel channel, SocketAddress address) {
    if (paces
        && address instanceof InetSocketAddress inet
        && !inet.isUnresolved()
        && inet.getAddress().isLoopbackAddress()) {
      setReno(channel);
    }
  }

  /// Of the congestion control that `channel` has; empty when that cannot be found out.
  static String name(Channel channel) {
    try {
      ByteBuffer name = channel.config().getOption(NAME);
      return name == null ? "" : StandardCharsets.US_ASCII.decode(name).toString().trim();
    } catch (ChannelException _) {
      return "";
    }
  }

  /// False when the host does not allow it (`tcp_allowed_congestion_control`), which only costs
  /// time.
  private static boolean setReno(Channel channel) {
    try {
      return channel.config().setOption(NEXT, StandardCharsets.US_ASCII.encode(RENO));
    } catch (ChannelException _) {
      return false;
    }
  }
}
