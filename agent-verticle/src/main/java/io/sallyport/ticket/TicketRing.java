package io.sallyport.ticket;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.SecretBytes;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Ticket keys that the members of a cluster share, as they are at one moment: previous ones that
/// still open, the current one, and the next, which every member has long before it seals.
///
/// A key seals for [TicketTimes#sealing] and opens for [TicketTimes#lifetime] more. A ring is
/// turned by making the next key of its successor; whoever does it stores the new ring in place of
/// the old one and has lost when somebody else was first. Immutable. Owns its keys; whoever holds
/// it closes it. Not thread-safe.
public final class TicketRing implements AutoCloseable {
  private static final int FORM = 1;
  private static final int HEADER_LENGTH = 2;
  private static final int KEY_LENGTH = TicketKey.NAME_LENGTH + TicketKey.KEY_LENGTH + 16;

  /// Those that open, the current one, and the next.
  private static final int KEYS_MAX = TicketKeys.KEYS_MAX + 1;

  private record Slot(TicketKey key, long sealsFromMs, long sealsUntilMs) {
    boolean isOver(long now, TicketTimes times) {
      return now > sealsUntilMs + times.lifetime().toMillis();
    }

    Slot copy() {
      return new Slot(key.copy(), sealsFromMs, sealsUntilMs);
    }
  }

  /// Newest first, at least one.
  private final List<Slot> slots;

  private TicketRing(List<Slot> slots) {
    this.slots = slots;
  }

  /// A ring with a key that seals from now on, and the one after it.
  public static TicketRing begin(TicketTimes times, long nowMs, SecureRandom random) {
    Slot current = slot(times, nowMs, random);
    return new TicketRing(List.of(slot(times, current.sealsUntilMs(), random), current));
  }

  private static Slot slot(TicketTimes times, long fromMs, SecureRandom random) {
    return new Slot(TicketKey.generate(random), fromMs, fromMs + times.sealing().toMillis());
  }

  /// Whether the last key of the ring seals already, so that it wants a next one.
  public boolean isDue(long nowMs) {
    return nowMs >= slots.getFirst().sealsFromMs();
  }

  /// The ring with a next key, and without those that open nothing any more.
  public TicketRing turn(TicketTimes times, long nowMs, SecureRandom random) {
    List<Slot> turned = new ArrayList<>();
    // After a long sleep of all members no key may be left that seals now.
    long last = slots.getFirst().sealsUntilMs();
    if (last <= nowMs) {
      Slot current = slot(times, nowMs, random);
      turned.add(slot(times, current.sealsUntilMs(), random));
      turned.add(current);
    } else {
      turned.add(slot(times, last, random));
    }
    for (Slot slot : slots) {
      if (!slot.isOver(nowMs, times) && turned.size() < KEYS_MAX) {
        turned.add(slot.copy());
      }
    }
    return new TicketRing(List.copyOf(turned));
  }

  /// A copy of the key that seals at this time; null when there is none.
  @Nullable TicketKey forSealing(long nowMs) {
    for (Slot slot : slots) {
      if (slot.sealsFromMs() <= nowMs) {
        return nowMs < slot.sealsUntilMs() ? slot.key().copy() : null;
      }
    }
    return null;
  }

  /// A copy of the key that a ticket names; null when there is none any more.
  @Nullable TicketKey forOpening(byte[] ticket, long nowMs, TicketTimes times) {
    for (Slot slot : slots) {
      if (slot.key().hasNamed(ticket)) {
        return slot.isOver(nowMs, times) ? null : slot.key().copy();
      }
    }
    return null;
  }

  /// A copy with keys of its own.
  public TicketRing copy() {
    return new TicketRing(slots.stream().map(Slot::copy).toList());
  }

  /// Whether it has the very same keys.
  public boolean isSame(TicketRing other) {
    return slots.size() == other.slots.size()
        && Arrays.equals(slots.getFirst().key().name(), other.slots.getFirst().key().name());
  }

  /// The ring as bytes that are secret; the caller closes them.
  public SecretBytes form() {
    SecretBytes form = SecretBytes.zeros(HEADER_LENGTH + slots.size() * KEY_LENGTH);
    ByteBuf out = form.reveal().setByte(0, FORM).setByte(1, slots.size());
    int at = HEADER_LENGTH;
    for (Slot slot : slots) {
      out.setBytes(at, slot.key().name());
      slot.key().copyTo(out, at + TicketKey.NAME_LENGTH);
      int timesAt = at + TicketKey.NAME_LENGTH + TicketKey.KEY_LENGTH;
      out.setLong(timesAt, slot.sealsFromMs()).setLong(timesAt + Long.BYTES, slot.sealsUntilMs());
      at += KEY_LENGTH;
    }
    return form;
  }

  /// The ring that [#form()] made these bytes of, which stay the caller's; empty when they are
  /// none.
  public static Optional<TicketRing> read(SecretBytes form) {
    ByteBuf in = form.reveal();
    if (form.length() < HEADER_LENGTH || in.getByte(0) != FORM) {
      return Optional.empty();
    }
    int count = in.getByte(1);
    if (count < 1 || count > KEYS_MAX || form.length() != HEADER_LENGTH + count * KEY_LENGTH) {
      return Optional.empty();
    }
    List<Slot> slots = new ArrayList<>();
    for (int at = HEADER_LENGTH; at < form.length(); at += KEY_LENGTH) {
      byte[] name = new byte[TicketKey.NAME_LENGTH];
      in.getBytes(at, name);
      int keyAt = at + TicketKey.NAME_LENGTH;
      int timesAt = keyAt + TicketKey.KEY_LENGTH;
      slots.add(
          new Slot(
              TicketKey.of(name, form.copy(keyAt, TicketKey.KEY_LENGTH)),
              in.getLong(timesAt),
              in.getLong(timesAt + Long.BYTES)));
    }
    return Optional.of(new TicketRing(List.copyOf(slots)));
  }

  /// Wipes the keys. Closing twice does nothing.
  @Override
  public void close() {
    slots.forEach(slot -> slot.key().close());
  }

  @Override
  public String toString() {
    return "TicketRing(redacted)";
  }
}
