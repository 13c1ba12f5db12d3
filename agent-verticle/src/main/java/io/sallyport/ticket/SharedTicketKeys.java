package io.sallyport.ticket;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Ticket keys that the members of a cluster share: whatever ring was installed last. Without one
/// no ticket is sealed, and none opens.
public final class SharedTicketKeys extends TicketKeys {
  private final InstantSource clock;

  /// Guarded by this object, as the number of seals is.
  private @Nullable TicketRing ring;

  private long seals;
  private boolean closed;

  public SharedTicketKeys(TicketTimes times, InstantSource clock) {
    super(times);
    this.clock = clock;
  }

  /// Goes on with this ring, which it takes over; the one before is wiped.
  public synchronized void install(TicketRing next) {
    if (closed || (ring != null && ring.isSame(next))) {
      next.close();
      return;
    }
    drop();
    ring = next;
    // More than were sealed with the current key, never fewer.
    seals = 0;
  }

  /// Wipes the ring: the keyring may not be used any more.
  public synchronized void drop() {
    if (ring != null) {
      ring.close();
      ring = null;
    }
  }

  @Override
  synchronized @Nullable TicketKey forSealing() {
    if (ring == null || seals >= SEALS_MAX) {
      return null;
    }
    seals++;
    return ring.forSealing(clock.millis());
  }

  @Override
  synchronized @Nullable TicketKey forOpening(byte[] ticket) {
    return ring == null ? null : ring.forOpening(ticket, clock.millis(), times());
  }

  @Override
  public synchronized void close() {
    closed = true;
    drop();
  }
}
