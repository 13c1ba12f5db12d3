package io.sallyport.ktls;

import java.util.Locale;

/// What the engine did about key updates, beyond what `tls_stat` counts.
///
/// Owned by one event loop: others read a [#snapshot()] taken there.
@SuppressWarnings("EnumOrdinal") // The index of an array of their own.
public final class KeyUpdateStat {
  /// One counter; all only grow.
  public enum Counter {
    /// KeyUpdates sent by the engine, for whatever reason.
    SENT,
    /// KeyUpdates of peers that the engine took and followed.
    TAKEN,
    /// Of those sent: because the sending key neared its limit (RFC 9846 §5.5).
    LIMIT_REKEYS,
    /// Of those sent: with `update_requested`, because the receiving key neared its limit.
    REQUESTS,
    /// Of those sent: because the peer asked for it.
    ANSWERS,
    /// Times data was refused because its key had reached its limit and could not be replaced.
    LIMIT_REACHED,
    /// Times a peer was read slower because it sent key updates faster than the rate.
    RATE_LIMITED,
    /// Connections that ended because a peer sent key updates while nobody sent data.
    RUN_LIMITED,
    /// Connections that ended because a peer broke a rule about handshake messages.
    INVALID;

    /// The counter as a word for metrics and JSON.
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Counter[] COUNTERS = Counter.values();

  private final long[] values = new long[COUNTERS.length];

  void increment(Counter counter) {
    values[counter.ordinal()]++;
  }

  /// The value of one counter now.
  public long value(Counter counter) {
    return values[counter.ordinal()];
  }

  /// A copy that no longer changes.
  public KeyUpdateStat snapshot() {
    KeyUpdateStat copy = new KeyUpdateStat();
    copy.add(this);
    return copy;
  }

  /// Adds the values of `other` to these, to sum over event loops.
  public void add(KeyUpdateStat other) {
    for (int i = 0; i < values.length; i++) {
      values[i] += other.values[i];
    }
  }
}
