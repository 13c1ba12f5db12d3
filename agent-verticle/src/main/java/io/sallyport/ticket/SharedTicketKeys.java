package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Ticket keys that the members of a cluster share: whatever ring was installed last. Without one
/// the tickets are entrusted to members that have it; and where neither is, no ticket is sealed and
/// none opens.
///
/// Any thread; waits as long as those members may take.
public final class SharedTicketKeys extends TicketKeys {
  private final InstantSource clock;

  /// Guarded by this object, as the others are. Never there together with `holders`.
  private @Nullable TicketRing ring;

  private @Nullable TicketCipher holders;
  private long seals;
  private boolean closed;

  public SharedTicketKeys(TicketTimes times, InstantSource clock, SecureRandom random) {
    super(times, random);
    this.clock = clock;
  }

  /// Goes on with this ring, which it takes over; the one before is wiped. Answers whether there
  /// was one with other keys.
  public synchronized boolean install(TicketRing next) {
    holders = null;
    if (closed || (ring != null && ring.isSame(next))) {
      next.close();
      return false;
    }
    boolean isAnother = ring != null;
    drop();
    ring = next;
    // More than were sealed with the current key, never fewer.
    seals = 0;
    return isAnother;
  }

  /// Wipes the ring and has others seal and open, until a ring is installed. Whom it was entrusted
  /// to before keeps it.
  public synchronized void entrust(TicketCipher next) {
    TicketCipher before = holders;
    drop();
    holders = before == null ? next : before;
  }

  /// Wipes the ring: the keyring may not be used any more.
  public synchronized void drop() {
    holders = null;
    if (ring != null) {
      ring.close();
      ring = null;
    }
  }

  private synchronized @Nullable TicketCipher holders() {
    return holders;
  }

  @Override
  public boolean waits() {
    return holders() != null;
  }

  @Override
  public Optional<byte[]> seal(SecretBytes form) {
    TicketCipher others = holders();
    return others == null ? super.seal(form) : others.seal(form);
  }

  @Override
  public Unsealed open(byte[] ticket) {
    TicketCipher others = holders();
    return others == null ? super.open(ticket) : others.open(ticket);
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
