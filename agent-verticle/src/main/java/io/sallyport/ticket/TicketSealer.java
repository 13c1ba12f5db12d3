package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ticket.OpenedTicket.Opened;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.OpenedTicket.Refused;
import io.sallyport.ticket.TicketCipher.Unsealed;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes tickets out of sessions and finds out which of them a client may come back with.
///
/// On the wire a ticket is what [TicketCipher] makes of the form of a [SessionTicket], at most
/// [#LENGTH_MAX] bytes. Wherever it was opened, it is judged here, against what the handshake at
/// hand expects.
///
/// A ticket is good more than once until it expires: there is no 0-RTT data to replay here. Any
/// thread; waits as long as the cipher does.
public final class TicketSealer {
  /// Bytes of a ticket.
  public static final int LENGTH_MAX = 16 << 10;

  /// How far the clocks of members may be apart.
  static final long SKEW_MS = 5_000;

  /// How far the age that a client claims may be off. RFC 9846 §8.3 (8446 §8.3) suggests ten
  /// seconds where replay is at stake, in 0-RTT, which is not spoken here. This only finds tickets
  /// that were copied without what belongs to them, and allows for clocks that drift.
  static final int AGE_TOLERANCE_MS = 60_000;

  private final TicketCipher cipher;
  private final InstantSource clock;

  /// @param cipher stays the caller's
  public TicketSealer(TicketCipher cipher, InstantSource clock) {
    this.cipher = cipher;
    this.clock = clock;
  }

  /// How long tickets last.
  public TicketTimes times() {
    return cipher.times();
  }

  /// Whether sealing and opening wait for another member now.
  public boolean waits() {
    return cipher.waits();
  }

  /// The time that tickets are judged by, in milliseconds of the epoch.
  public long nowMs() {
    return clock.millis();
  }

  /// The bytes for the client; empty when the session gets no ticket: there is nothing to seal it
  /// with, or the peer's certificate is larger than [PeerCertificate#LENGTH_MAX]. Leaves `ticket`
  /// open.
  ///
  /// @throws IllegalArgumentException when the ticket would outlast its key
  /// @throws IllegalStateException when the keys are closed
  public Optional<byte[]> seal(SessionTicket ticket) {
    TicketFacts facts = ticket.facts();
    if (facts.lifetimeSeconds() > cipher.times().lifetime().toSeconds()) {
      throw new IllegalArgumentException(
          "found lifetime "
              + facts.lifetimeSeconds()
              + " s, expected at most "
              + cipher.times().lifetime());
    }
    if (facts.peer() != null && facts.peer().length() > PeerCertificate.LENGTH_MAX) {
      return Optional.empty();
    }
    try (SecretBytes form = SecretBytes.zeros(TicketForm.length(facts))) {
      TicketForm.write(ticket, form.reveal().setIndex(0, 0));
      return cipher.seal(form);
    }
  }

  /// Seals for another member what it issued just now, and nothing else: empty as well when `form`
  /// is not that of a ticket, or of one whose lifetime is too long or begins later than now, so
  /// that nobody lays in a stock. The form stays the caller's.
  public Optional<byte[]> sealForMember(SecretBytes form) {
    try (SessionTicket ticket = TicketForm.read(form.reveal().duplicate())) {
      return ticket != null
              && ticket.facts().lifetimeSeconds() <= times().lifetime().toSeconds()
              && untimely(ticket.facts(), clock.millis()) == null
          ? cipher.seal(form)
          : Optional.empty();
    }
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

  /// The same for another member, which judges by itself what comes of it: what was sealed, whose
  /// taker closes it, as long as it is the form of a ticket whose time is not over.
  public Unsealed openForMember(byte[] sealed) {
    Unsealed unsealed = unseal(sealed);
    if (!(unsealed instanceof Unsealed.Form(SecretBytes form))) {
      return unsealed;
    }
    Reason reason = untimely(form);
    if (reason == null) {
      return unsealed;
    }
    form.close();
    return new Unsealed.Refused(reason);
  }

  private @Nullable Reason untimely(SecretBytes form) {
    try (SessionTicket ticket = TicketForm.read(form.reveal().duplicate())) {
      return ticket == null ? Reason.MALFORMED : untimely(ticket.facts(), clock.millis());
    }
  }

  private OpenedTicket open(
      byte[] sealed, TlsVersion version, TicketBinding expected, @Nullable Long obfuscatedAge) {
    return switch (unseal(sealed)) {
      case Unsealed.Refused(Reason reason) -> new Refused(reason);
      case Unsealed.Form(SecretBytes form) -> {
        try (form) {
          yield judge(TicketForm.read(form.reveal()), version, expected, obfuscatedAge);
        }
      }
    };
  }

  private Unsealed unseal(byte[] sealed) {
    return sealed.length <= TicketKey.OVERHEAD || sealed.length > LENGTH_MAX
        ? new Unsealed.Refused(Reason.MALFORMED)
        : cipher.open(sealed);
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
