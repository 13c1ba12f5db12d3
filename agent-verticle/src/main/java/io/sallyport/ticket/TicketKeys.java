package io.sallyport.ticket;

import org.jspecify.annotations.Nullable;

/// The keys that seal and open the session tickets of one keyring and one lifetime: those of one
/// agent alone, or those that the members of a cluster share.
///
/// Any thread. Keys are off-heap and are wiped by [#close()].
public abstract sealed class TicketKeys implements AutoCloseable
    permits OwnTicketKeys, SharedTicketKeys {
  /// Keys in a ring that open tickets.
  public static final int KEYS_MAX = 8;

  /// Tickets that a key seals. Nonces are random, and 2^32 of them are what NIST SP 800-38D §8.3
  /// allows a key; this leaves room for 16 members that share it.
  public static final long SEALS_MAX = 1L << 28;

  private final TicketTimes times;

  TicketKeys(TicketTimes times) {
    this.times = times;
  }

  /// How long keys and tickets last.
  public final TicketTimes times() {
    return times;
  }

  /// A copy of the key that seals, for one ticket, which the caller closes; null when there is
  /// none, and so no ticket.
  abstract @Nullable TicketKey forSealing();

  /// A copy of the key that a ticket names, which the caller closes; null when there is none any
  /// more.
  ///
  /// @param ticket begins with the name
  abstract @Nullable TicketKey forOpening(byte[] ticket);

  /// Wipes all keys. Closing twice does nothing.
  @Override
  public abstract void close();

  @Override
  public final String toString() {
    return "TicketKeys(redacted)";
  }
}
