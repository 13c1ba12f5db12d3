package io.sallyport.ticket;

import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// All of a [SessionTicket] that is no secret by itself. Invalid ones cannot be made.
///
/// @param version the only version that it resumes
/// @param cipherSuite 16-bit number of the suite of the session. TLS 1.3 may resume with another of
///   the same hash
/// @param hash the hash of that suite's PRF or HKDF
/// @param authenticatedMs when the full handshake was that this session goes back to, in
///   milliseconds of the epoch
/// @param createdMs when this ticket was issued, not before `authenticatedMs`
/// @param lifetimeSeconds how long after that it is good, 1 to 604800
/// @param ageAdd what obscures its age in TLS 1.3 (RFC 9846 §4.7.1, 8446 §4.6.1), 32 bits
/// @param extendedMasterSecret whether the session's secret is bound to its handshake (RFC 7627): a
///   TLS 1.2 session without that is not resumed. TLS 1.3 always is
/// @param serverName the host name that the client asked for, ASCII, at most 253 bytes
/// @param alpn the application protocol, 1 to 255 bytes of UTF-8
/// @param peer how the client authenticated; null when it did not
/// @param binding what it is tied to
public record TicketFacts(
    TlsVersion version,
    int cipherSuite,
    TrafficSecret.Hash hash,
    long authenticatedMs,
    long createdMs,
    int lifetimeSeconds,
    int ageAdd,
    boolean extendedMasterSecret,
    @Nullable String serverName,
    @Nullable String alpn,
    @Nullable PeerCertificate peer,
    TicketBinding binding) {
  private static final int SERVER_NAME_LENGTH_MAX = 253;
  private static final int ALPN_LENGTH_MAX = 255;
  private static final int MASTER_SECRET_LENGTH = 48;

  public TicketFacts {
    require(cipherSuite >>> Short.SIZE == 0, "cipher suite", cipherSuite);
    require(
        authenticatedMs >= 0 && authenticatedMs <= createdMs,
        "time of the full handshake",
        authenticatedMs);
    require(
        lifetimeSeconds >= 1 && lifetimeSeconds <= TicketTimes.LIFETIME_MAX.toSeconds(),
        "lifetime in seconds",
        lifetimeSeconds);
    require(extendedMasterSecret, "extended master secret", extendedMasterSecret);
    require(serverName == null || isHostName(serverName), "server name", serverName);
    require(alpn == null || isProtocolName(alpn), "application protocol", alpn);
  }

  private static boolean isHostName(String name) {
    return !name.isEmpty()
        && name.length() <= SERVER_NAME_LENGTH_MAX
        && name.chars().allMatch(c -> c < 0x80);
  }

  private static boolean isProtocolName(String alpn) {
    int length = alpn.getBytes(StandardCharsets.UTF_8).length;
    return length >= 1 && length <= ALPN_LENGTH_MAX;
  }

  private static void require(boolean valid, String field, @Nullable Object found) {
    if (!valid) {
      throw new IllegalArgumentException("found " + field + " " + found);
    }
  }

  /// Bytes of the secret that goes with these facts: the master secret of TLS 1.2 (RFC 5246 §8.1),
  /// or a PSK as long as the hash.
  int secretLength() {
    return switch (version) {
      case TLS_1_2 -> MASTER_SECRET_LENGTH;
      case TLS_1_3 -> hash.length();
    };
  }
}
