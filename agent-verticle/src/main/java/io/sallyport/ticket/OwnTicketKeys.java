package io.sallyport.ticket;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// Ticket keys of one agent alone: a ring that turns by itself.
///
/// The newest key seals, for at most [TicketTimes#sealing] and at most [#SEALS_MAX] tickets; then a
/// new one takes its place. A key that seals no more opens for another [TicketTimes#lifetime], when
/// its last ticket is over, and is wiped. Whatever the times, there are at most [#KEYS_MAX] keys:
/// the oldest is wiped, and its tickets get full handshakes.
///
/// All of this happens when the ring is used, or by [#rotateIfDue()], which a timer should call, or
/// else a ring that nobody uses keeps its keys. A clock that is set back turns the ring at once.
///
/// Any thread. Keys are off-heap and are wiped by [#close()].
public final class OwnTicketKeys extends TicketKeys {
  private final InstantSource clock;
  private final SecureRandom random;
  private final long sealsMax;

  /// Newest first. Guarded by this object; empty once closed.
  private final Deque<Slot> ring = new ArrayDeque<>();

  /// Begins with a fresh key.
  public OwnTicketKeys(TicketTimes times, InstantSource clock, SecureRandom random) {
    this(times, clock, random, SEALS_MAX);
  }

  OwnTicketKeys(TicketTimes times, InstantSource clock, SecureRandom random, long sealsMax) {
    super(times, random);
    this.clock = clock;
    this.random = random;
    this.sealsMax = sealsMax;
    add(clock.millis());
  }

  /// The number of keys that open tickets.
  public synchronized int size() {
    return ring.size();
  }

  /// Makes a new key that seals from now on, as after a leak is feared; to make the old keys open
  /// no more, close this and make another.
  ///
  /// @throws IllegalStateException when closed
  public synchronized void rotate() {
    long now = clock.millis();
    newest().retire(now);
    add(now);
    forgetOld(now);
  }

  /// Turns the ring if the time has come, and wipes the keys that open nothing any more.
  ///
  /// @throws IllegalStateException when closed
  public synchronized void rotateIfDue() {
    long now = clock.millis();
    if (newest().isSpent(now)) {
      rotate();
    } else {
      forgetOld(now);
    }
  }

  /// Never null.
  ///
  /// @throws IllegalStateException when closed
  @Override
  synchronized TicketKey forSealing() {
    rotateIfDue();
    Slot slot = newest();
    slot.seals++;
    return slot.key.copy();
  }

  @Override
  synchronized @Nullable TicketKey forOpening(byte[] ticket) {
    forgetOld(clock.millis());
    for (Slot slot : ring) {
      if (slot.key.hasNamed(ticket)) {
        return slot.key.copy();
      }
    }
    return null;
  }

  private Slot newest() {
    Slot newest = ring.peekFirst();
    if (newest == null) {
      throw new IllegalStateException("the ticket keys are closed");
    }
    return newest;
  }

  private void add(long now) {
    ring.addFirst(new Slot(TicketKey.generate(random), now));
  }

  /// The key that seals stays, even when it is overdue: its successor is made when there is a
  /// ticket to seal.
  private void forgetOld(long now) {
    while (ring.size() > KEYS_MAX) {
      ring.removeLast().key.close();
    }
    for (Iterator<Slot> slots = ring.iterator(); slots.hasNext(); ) {
      Slot slot = slots.next();
      if (slot != ring.peekFirst() && slot.isOver(now)) {
        slots.remove();
        slot.key.close();
      }
    }
  }

  /// Wipes all keys. Closing twice does nothing.
  @Override
  public synchronized void close() {
    ring.forEach(slot -> slot.key.close());
    ring.clear();
  }

  private final class Slot {
    private final TicketKey key;
    private final long createdMs;
    private long sealsUntilMs;
    private long seals;

    Slot(TicketKey key, long createdMs) {
      this.key = key;
      this.createdMs = createdMs;
      sealsUntilMs = createdMs + times().sealing().toMillis();
    }

    boolean isSpent(long now) {
      return now < createdMs || now >= sealsUntilMs || seals >= sealsMax;
    }

    void retire(long now) {
      sealsUntilMs = Math.clamp(now, createdMs, sealsUntilMs);
    }

    boolean isOver(long now) {
      return now > sealsUntilMs + times().lifetime().toMillis();
    }
  }
}
