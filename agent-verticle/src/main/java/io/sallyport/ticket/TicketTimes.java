package io.sallyport.ticket;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How long ticket keys and tickets last.
///
/// A key can betray the tickets it sealed from its creation until it is wiped: for `sealing` plus
/// `lifetime`. That is what a resumed session's forward secrecy is worth in TLS 1.2, and what
/// bounds the damage of a stolen key in both.
///
/// @param sealing how long a key seals, at least a seventh of `lifetime`, so that a ring of
///   [TicketKeys#KEYS_MAX] keys holds every one that may still open a ticket
/// @param lifetime how long a ticket is good for, whole seconds, at most [#LIFETIME_MAX]
public record TicketTimes(Duration sealing, Duration lifetime) {
  /// What TLS 1.3 allows (RFC 9846 §4.7.1, 8446 §4.6.1). It also bounds how long after a full
  /// handshake its secrets may be handed on from ticket to ticket.
  public static final Duration LIFETIME_MAX = Duration.ofDays(7);

  /// A key seals for 12 hours, and a ticket is good for a day.
  public static final TicketTimes DEFAULT =
      new TicketTimes(Duration.ofHours(12), Duration.ofDays(1));

  /// A key that seals for less would be made anew all the time. Also how long every member of a
  /// cluster has a next key before it seals.
  private static final Duration SEALING_MIN = Duration.ofHours(1);

  public TicketTimes {
    if (lifetime.toSeconds() < 1
        || lifetime.toNanosPart() != 0
        || lifetime.compareTo(LIFETIME_MAX) > 0) {
      throw new IllegalArgumentException(
          "found lifetime " + lifetime + ", expected whole seconds up to " + LIFETIME_MAX);
    }
    // In nanoseconds: Duration.multipliedBy initialises BigDecimal, 50 ms of the first handshake.
    if (sealing.isNegative()
        || sealing.compareTo(LIFETIME_MAX) > 0
        || sealing.toNanos() * (TicketKeys.KEYS_MAX - 1) < lifetime.toNanos()) {
      throw new IllegalArgumentException(
          "found sealing "
              + sealing
              + ", expected at least a seventh of lifetime "
              + lifetime
              + " and at most "
              + LIFETIME_MAX);
    }
  }

  /// What is made of the lifetime that a listener gives its tickets: a key seals for as long, and
  /// for an hour at the least. Members that share keys so come to the same without asking.
  ///
  /// @throws IllegalArgumentException when it is no lifetime
  public static TicketTimes lasting(Duration lifetime) {
    return new TicketTimes(lifetime.compareTo(SEALING_MIN) < 0 ? SEALING_MIN : lifetime, lifetime);
  }

  /// Seconds that a ticket issued at `nowMs` may last: [#lifetime], but neither beyond
  /// [#LIFETIME_MAX] after the full handshake nor beyond the peer's certificate. Zero or less means
  /// that none may be issued.
  ///
  /// @param authenticatedMs when the full handshake was that all this goes back to
  public long lifetimeSeconds(long nowMs, long authenticatedMs, @Nullable PeerCertificate peer) {
    long end = Math.min(nowMs + lifetime.toMillis(), authenticatedMs + LIFETIME_MAX.toMillis());
    long bounded = peer == null ? end : Math.min(end, peer.notAfterMs());
    return Math.floorDiv(bounded - nowMs, 1000L);
  }
}
