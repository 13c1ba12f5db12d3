package io.sallyport.proxy.transport;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// Lets bulk data gather before an event loop looks for it, as a network card coalesces interrupts
/// (ethtool(8), `rx-usecs`).
///
/// Where a sender is slower than the loop, each of its records wakes the loop, and what the loop
/// makes of it wakes the receiver; being woken and waking then costs more than the records. So a
/// loop that has carried bulk data for a while, turn after turn, sleeps for a moment when it has
/// nothing else to do, or when a single connection has a little more for it. See
/// `docs/decisions/0005-read-coalescing.md`.
///
/// Confined to its event loop.
public final class ReadCoalescing implements SelectStrategy {
  /// Bytes that make a turn one of bulk: a full record (RFC 9846 §5.1).
  static final int TURN_BYTES_MIN = 16 << 10;

  /// A turn of bulk that carried less came too early: waking the receiver is a good part of its
  /// cost. Less than one full read of the largest size (128 KiB, in either direction) carries in
  /// records of 64 bytes or more: a stream that the loop lags behind makes each turn full.
  static final int TURN_BYTES_FULL = 96 << 10;

  /// Turns of bulk before the first sleep, half a megabyte or more.
  static final int TURNS_MIN = 32;

  /// Turns of bulk that one with less takes away. Transfers of up to a quarter of a megabyte, each
  /// of which waits for the answer to the one before, never come to a sleep that way: it would make
  /// each longer.
  static final int TURNS_BROKEN = 16;

  /// Between two turns of bulk. What comes more slowly has gathered by itself.
  static final long GAP_NANOS_MAX = 1_000_000;

  /// The kernel adds up to 50 microseconds, its timer slack (prctl(2)).
  private static final long SLEEP_NANOS = 20_000;

  private static final int TURNS_MAX = 2 * TURNS_MIN;

  private final LongSupplier nanoClock;
  private final LongConsumer sleep;
  private long carried;
  private int bulkTurns;
  private long lastBulkNanos;

  ReadCoalescing() {
    this(System::nanoTime, LockSupport::parkNanos);
  }

  ReadCoalescing(LongSupplier nanoClock, LongConsumer sleep) {
    this.nanoClock = nanoClock;
    this.sleep = sleep;
  }

  /// A relay of this event loop has carried so many bytes more.
  public void carried(long bytes) {
    carried += bytes;
  }

  /// Bytes carried in this turn so far.
  long carried() {
    return carried;
  }

  /// Asked by the loop at the end of a turn. Never sleeps while there are tasks; while events are
  /// ready, only if it is a single one and the turn was one of bulk, but not full.
  @Override
  public int calculateStrategy(IntSupplier selectNow, boolean hasTasks) throws Exception {
    if (hasTasks) {
      return selectNow.get();
    }
    boolean early = carried >= TURN_BYTES_MIN && carried < TURN_BYTES_FULL;
    endTurn();
    if (bulkTurns < TURNS_MIN) {
      return SELECT;
    }
    // Asked once: what it has told is handled even after a sleep, as some events are told only
    // once.
    int ready = selectNow.get();
    if (ready > (early ? 1 : 0)) {
      return ready;
    }
    sleep.accept(SLEEP_NANOS);
    return ready > 0 ? ready : SELECT;
  }

  private void endTurn() {
    if (carried < TURN_BYTES_MIN) {
      bulkTurns = Math.max(0, bulkTurns - TURNS_BROKEN);
    } else {
      long now = nanoClock.getAsLong();
      bulkTurns = now - lastBulkNanos > GAP_NANOS_MAX ? 1 : Math.min(bulkTurns + 1, TURNS_MAX);
      lastBulkNanos = now;
    }
    carried = 0;
  }
}
