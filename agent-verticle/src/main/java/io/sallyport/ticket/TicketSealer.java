package io.sallyport.ticket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ticket.OpenedTicket.Opened;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.OpenedTicket.Refused;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Makes tickets out of sessions and finds out which of them a client may come back with.
///
/// On the wire a ticket is the key's name, a random nonce and the [SessionTicket] under AES-256-GCM
/// ([TicketKey]). It is at most [#LENGTH_MAX] bytes long. [TicketKeys] bounds how many nonces a key
/// sees. What a ticket holds is in the clear only outside the heap.
///
/// A ticket is good more than once until it expires: there is no 0-RTT data to replay here. Any
/// thread.
public final class TicketSealer {
  /// Bytes of a ticket.
  public static final int LENGTH_MAX = 16 << 10;

  /// How far the clocks of members may be apart.
  static final long SKEW_MS = 5_000;

  /// How far the age that a client claims may be off. RFC 9846 §8.3 (8446 §8.3) suggests ten
  /// seconds where replay is at stake, in 0-RTT, which is not spoken here. This only finds tickets
  /// that were copied without what belongs to them, and allows for clocks that drift.
  static final int AGE_TOLERANCE_MS = 60_000;

  private static final int OVERHEAD = TicketKey.FORM_AT + TicketKey.TAG_LENGTH;

  private final TicketKeys keys;
  private final InstantSource clock;
  private final SecureRandom random;

  /// Seals with `keys`, which stay the caller's.
  public TicketSealer(TicketKeys keys, InstantSource clock, SecureRandom random) {
    this.keys = keys;
    this.clock = clock;
    this.random = random;
  }

  /// How long tickets last.
  public TicketTimes times() {
    return keys.times();
  }

  /// The time that tickets are judged by, in milliseconds of the epoch.
  public long nowMs() {
    return clock.millis();
  }

  /// The bytes for the client; empty when the session gets no ticket: there is no key to seal with,
  /// or the peer's certificate is larger than [PeerCertificate#LENGTH_MAX]. Leaves `ticket` open.
  ///
  /// @throws IllegalArgumentException when the ticket would outlast its key
  /// @throws IllegalStateException when the keys are closed
  public Optional<byte[]> seal(SessionTicket ticket) {
    TicketFacts facts = ticket.facts();
    if (facts.lifetimeSeconds() > keys.times().lifetime().toSeconds()) {
      throw new IllegalArgumentException(
          "found lifetime "
              + facts.lifetimeSeconds()
              + " s, expected at most "
              + keys.times().lifetime());
    }
    if (facts.peer() != null && facts.peer().length() > PeerCertificate.LENGTH_MAX) {
      return Optional.empty();
    }
    return seal(TicketForm.length(facts), out -> TicketForm.write(ticket, out));
  }

  /// Seals any bytes; empty without a key.
  ///
  /// @param length how many `form` appends to the buffer it is given
  Optional<byte[]> seal(int length, Consumer<ByteBuf> form) {
    ByteBuf ticket = buffer(OVERHEAD + length);
    try (TicketKey key = keys.forSealing()) {
      if (key == null) {
        return Optional.empty();
      }
      byte[] nonce = new byte[TicketKey.FORM_AT - TicketKey.NAME_LENGTH];
      random.nextBytes(nonce);
      ticket.writeBytes(key.name()).writeBytes(nonce);
      form.accept(ticket);
      key.seal(ticket);
      byte[] sealed = new byte[ticket.readableBytes()];
      ticket.readBytes(sealed);
      return Optional.of(sealed);
    } finally {
      wipe(ticket);
    }
  }

  private static ByteBuf buffer(int length) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
  }

  private static void wipe(ByteBuf ticket) {
    ticket.setZero(0, ticket.capacity());
    ticket.release();
  }

  /// Opens the ticket of a TLS 1.2 ClientHello.
  ///
  /// @param expected of the full handshake that would follow without the ticket
  public OpenedTicket openTls12(byte[] sealed, TicketBinding expected) {
    return open(sealed, TlsVersion.TLS_1_2, expected, null);
  }

  /// Opens a PSK identity of a TLS 1.3 ClientHello.
  ///
  /// @param obfuscatedAge the `obfuscated_ticket_age` beside it, 32 bits unsigned
  /// @param expected of the full handshake that would follow without the ticket
  public OpenedTicket openTls13(byte[] sealed, long obfuscatedAge, TicketBinding expected) {
    return open(sealed, TlsVersion.TLS_1_3, expected, obfuscatedAge);
  }

  private OpenedTicket open(
      byte[] sealed, TlsVersion version, TicketBinding expected, @Nullable Long obfuscatedAge) {
    if (sealed.length <= OVERHEAD || sealed.length > LENGTH_MAX) {
      return new Refused(Reason.MALFORMED);
    }
    try (TicketKey key = keys.forOpening(sealed)) {
      return key == null
          ? new Refused(Reason.UNKNOWN_KEY)
          : open(key, sealed, version, expected, obfuscatedAge);
    }
  }

  private OpenedTicket open(
      TicketKey key,
      byte[] sealed,
      TlsVersion version,
      TicketBinding expected,
      @Nullable Long obfuscatedAge) {
    ByteBuf ticket = buffer(sealed.length);
    try {
      ticket.writeBytes(sealed);
      return key.open(ticket)
          ? judge(
              TicketForm.read(ticket.skipBytes(TicketKey.FORM_AT)),
              version,
              expected,
              obfuscatedAge)
          : new Refused(Reason.FORGED);
    } finally {
      wipe(ticket);
    }
  }

  private OpenedTicket judge(
      @Nullable SessionTicket ticket,
      TlsVersion version,
      TicketBinding expected,
      @Nullable Long obfuscatedAge) {
    if (ticket == null) {
      return new Refused(Reason.MALFORMED);
    }
    Reason reason = fault(ticket.facts(), version, expected, obfuscatedAge);
    if (reason == null) {
      return new Opened(ticket);
    }
    ticket.close();
    return new Refused(reason);
  }

  private @Nullable Reason fault(
      TicketFacts facts, TlsVersion version, TicketBinding expected, @Nullable Long obfuscatedAge) {
    if (facts.version() != version) {
      return Reason.OTHER_VERSION;
    }
    if (!facts.binding().equals(expected)) {
      return Reason.OTHER_BINDING;
    }
    Reason untimely = untimely(facts, clock.millis());
    if (untimely != null) {
      return untimely;
    }
    return obfuscatedAge == null || isAge(facts, obfuscatedAge) ? null : Reason.WRONG_AGE;
  }

  private static @Nullable Reason untimely(TicketFacts facts, long now) {
    long age = now - facts.createdMs();
    if (age < -SKEW_MS) {
      return Reason.FROM_THE_FUTURE;
    }
    if (age > facts.lifetimeSeconds() * 1000L
        || now - facts.authenticatedMs() > TicketTimes.LIFETIME_MAX.toMillis()) {
      return Reason.EXPIRED;
    }
    return facts.peer() != null && now > facts.peer().notAfterMs() ? Reason.PEER_EXPIRED : null;
  }

  /// Ages are milliseconds modulo 2^32, of which a lifetime of seven days is a seventh.
  private boolean isAge(TicketFacts facts, long obfuscatedAge) {
    int claimed = (int) obfuscatedAge - facts.ageAdd();
    int off = claimed - (int) (clock.millis() - facts.createdMs());
    return off >= -AGE_TOLERANCE_MS && off <= AGE_TOLERANCE_MS;
  }
}
