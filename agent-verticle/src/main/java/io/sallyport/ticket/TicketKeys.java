package io.sallyport.ticket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.OpenedTicket.Reason;
import java.security.SecureRandom;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The keys that seal and open the session tickets of one keyring and one lifetime: those of one
/// agent alone, or those that the members of a cluster share.
///
/// A ticket is the key's name, a random nonce and what is sealed, under AES-256-GCM ([TicketKey]).
/// What it holds is in the clear only outside the heap.
///
/// Any thread, without waiting. Keys are off-heap and are wiped by [#close()].
public abstract sealed class TicketKeys implements TicketCipher, AutoCloseable
    permits OwnTicketKeys, SharedTicketKeys {
  /// Keys in a ring that open tickets.
  public static final int KEYS_MAX = 8;

  /// Tickets that a key seals. Nonces are random, and 2^32 of them are what NIST SP 800-38D §8.3
  /// allows a key; this leaves room for 16 members that share it.
  public static final long SEALS_MAX = 1L << 28;

  private final TicketTimes times;
  private final SecureRandom random;

  TicketKeys(TicketTimes times, SecureRandom random) {
    this.times = times;
    this.random = random;
  }

  @Override
  public final TicketTimes times() {
    return times;
  }

  @Override
  public boolean waits() {
    return false;
  }

  /// @throws IllegalStateException when the keys are an agent's own and closed
  @Override
  public Optional<byte[]> seal(SecretBytes form) {
    ByteBuf ticket = buffer(TicketKey.OVERHEAD + form.length());
    try (TicketKey key = forSealing()) {
      if (key == null) {
        return Optional.empty();
      }
      byte[] nonce = new byte[TicketKey.FORM_AT - TicketKey.NAME_LENGTH];
      random.nextBytes(nonce);
      ticket.writeBytes(key.name()).writeBytes(nonce);
      ticket.writeBytes(form.reveal(), 0, form.length());
      key.seal(ticket);
      byte[] sealed = new byte[ticket.readableBytes()];
      ticket.readBytes(sealed);
      return Optional.of(sealed);
    } finally {
      wipe(ticket);
    }
  }

  @Override
  public Unsealed open(byte[] ticket) {
    if (ticket.length <= TicketKey.OVERHEAD) {
      return new Unsealed.Refused(Reason.MALFORMED);
    }
    try (TicketKey key = forOpening(ticket)) {
      return key == null ? new Unsealed.Refused(Reason.UNKNOWN_KEY) : open(key, ticket);
    }
  }

  private static Unsealed open(TicketKey key, byte[] ticket) {
    ByteBuf opened = buffer(ticket.length).writeBytes(ticket);
    try {
      if (!key.open(opened)) {
        return new Unsealed.Refused(Reason.FORGED);
      }
      opened.skipBytes(TicketKey.FORM_AT);
      SecretBytes form = SecretBytes.zeros(opened.readableBytes());
      form.reveal().setBytes(0, opened, opened.readerIndex(), opened.readableBytes());
      return new Unsealed.Form(form);
    } finally {
      wipe(opened);
    }
  }

  private static ByteBuf buffer(int length) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
  }

  private static void wipe(ByteBuf ticket) {
    ticket.setZero(0, ticket.capacity());
    ticket.release();
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
