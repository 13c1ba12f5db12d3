package io.sallyport.ticket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import io.sallyport.ticket.OpenedTicket.Opened;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.OpenedTicket.Refused;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The leak check finds secrets of refused tickets.
@ExtendWith(LeakCheck.class)
class TicketSealerTest {
  private static final int AGE_ADD = 0x80000001;

  private final TestClock clock = new TestClock();
  private final OwnTicketKeys keys =
      new OwnTicketKeys(
          new TicketTimes(Duration.ofDays(1), Duration.ofDays(7)), clock, new SecureRandom());
  private final TicketSealer sealer = new TicketSealer(keys, clock);

  @AfterEach
  void closeKeys() {
    keys.close();
  }

  private byte[] sealed(SessionTicket ticket) {
    try (ticket) {
      return sealer.seal(ticket).orElseThrow();
    }
  }

  private byte[] sealed(TicketFacts facts) {
    return sealed(new SessionTicket(facts, TestTickets.secret(32)));
  }

  /// The age that an honest client claims `age` after it got the ticket.
  private static long obfuscated(Duration age) {
    return (age.toMillis() + AGE_ADD) & 0xFFFFFFFFL;
  }

  /// Opens it with an honest age of zero; null when it is good.
  private @Nullable Reason refusal(byte[] ticket) {
    return refusal(ticket, Duration.ZERO);
  }

  private @Nullable Reason refusal(byte[] ticket, Duration age) {
    return reason(sealer.openTls13(ticket, obfuscated(age), TestTickets.BINDING));
  }

  private static @Nullable Reason reason(OpenedTicket opened) {
    return switch (opened) {
      case Opened good -> {
        good.ticket().close();
        yield null;
      }
      case Refused refused -> refused.reason();
    };
  }

  @Test
  void everyFieldComesBack() {
    Seeds.forEach(
        300,
        random -> {
          try (SessionTicket ticket = TestTickets.random(random, clock.millis())) {
            byte[] sealed = sealer.seal(ticket).orElseThrow();
            assertThat(sealed.length).isLessThanOrEqualTo(TicketSealer.LENGTH_MAX);
            TicketFacts facts = ticket.facts();
            OpenedTicket opened =
                facts.version() == TlsVersion.TLS_1_2
                    ? sealer.openTls12(sealed, facts.binding())
                    : sealer.openTls13(sealed, facts.ageAdd() & 0xFFFFFFFFL, facts.binding());
            assertThat(opened).isInstanceOf(Opened.class);
            try (SessionTicket back = ((Opened) opened).ticket()) {
              assertThat(back.facts()).isEqualTo(facts);
              assertThat(back.secret().reveal()).isEqualTo(ticket.secret().reveal());
            }
          }
        });
  }

  @Test
  void noTwoTicketsOfASessionAreAlike() {
    try (SessionTicket ticket = TestTickets.plain(clock.millis())) {
      byte[] first = sealer.seal(ticket).orElseThrow();
      byte[] second = sealer.seal(ticket).orElseThrow();
      assertThat(nonce(first)).isNotEqualTo(nonce(second));
      assertThat(Arrays.copyOfRange(first, 28, first.length))
          .isNotEqualTo(Arrays.copyOfRange(second, 28, second.length));
    }
  }

  private static byte[] nonce(byte[] sealed) {
    return Arrays.copyOfRange(sealed, 16, 28);
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    for (int length = 0; length < sealed.length; length++) {
      assertThat(refusal(Arrays.copyOf(sealed, length)))
          .as("%d bytes", length)
          .isEqualTo(length <= 44 ? Reason.MALFORMED : Reason.FORGED);
    }
    assertThat(refusal(Arrays.copyOf(sealed, sealed.length + 1))).isEqualTo(Reason.FORGED);
    assertThat(refusal(new byte[TicketSealer.LENGTH_MAX])).isEqualTo(Reason.UNKNOWN_KEY);
    assertThat(refusal(new byte[TicketSealer.LENGTH_MAX + 1])).isEqualTo(Reason.MALFORMED);
  }

  @Test
  void everyFlippedBitIsRefused() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    for (int bit = 0; bit < sealed.length * Byte.SIZE; bit++) {
      byte[] flipped = sealed.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      assertThat(refusal(flipped))
          .as("bit %d", bit)
          .isEqualTo(bit < 16 * Byte.SIZE ? Reason.UNKNOWN_KEY : Reason.FORGED);
    }
    assertThat(refusal(sealed)).isNull();
  }

  @Test
  void ticketOfAnotherRingIsRefused() {
    try (TicketKeys others = new OwnTicketKeys(TicketTimes.DEFAULT, clock, new SecureRandom());
        SessionTicket ticket = TestTickets.plain(clock.millis())) {
      byte[] foreign = new TicketSealer(others, clock).seal(ticket).orElseThrow();
      assertThat(refusal(foreign)).isEqualTo(Reason.UNKNOWN_KEY);
      // Under our key's name it is a forgery.
      System.arraycopy(sealed(ticket), 0, foreign, 0, TicketKey.NAME_LENGTH);
      assertThat(refusal(foreign)).isEqualTo(Reason.FORGED);
    }
  }

  @Test
  void ticketOutlivesItsKeysSealingButNotTheRing() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    for (int i = 1; i < TicketKeys.KEYS_MAX; i++) {
      keys.rotate();
      assertThat(refusal(sealed)).as("rotation %d", i).isNull();
    }
    keys.rotate();
    assertThat(refusal(sealed)).isEqualTo(Reason.UNKNOWN_KEY);
  }

  @Test
  void ticketExpiresAMillisecondAfterItsLifetime() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    clock.advance(Duration.ofHours(1));
    assertThat(refusal(sealed, Duration.ofHours(1))).isNull();
    clock.advance(Duration.ofMillis(1));
    assertThat(refusal(sealed, Duration.ofHours(1))).isEqualTo(Reason.EXPIRED);
  }

  @Test
  void noChainOfTicketsOutlastsSevenDays() {
    Duration week = TicketTimes.LIFETIME_MAX;
    long now = clock.millis();
    // Such a ticket is not issued; an old member may have.
    byte[] sealed = sealed(TestTickets.facts(now, now - week.toMillis() + 1000, 604_800, null));
    clock.advance(Duration.ofSeconds(1));
    assertThat(refusal(sealed)).isNull();
    clock.advance(Duration.ofMillis(1));
    assertThat(refusal(sealed)).isEqualTo(Reason.EXPIRED);
    assertThatThrownBy(() -> TestTickets.facts(now, now, 604_801, null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TestTickets.facts(now, now, 0, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ticketMustNotOutlastItsKey() {
    TicketTimes times = new TicketTimes(Duration.ofHours(1), Duration.ofSeconds(3599));
    try (TicketKeys shorter = new OwnTicketKeys(times, clock, new SecureRandom());
        SessionTicket ticket = TestTickets.plain(clock.millis())) {
      assertThatThrownBy(() -> new TicketSealer(shorter, clock).seal(ticket))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("found lifetime 3600 s, expected at most PT59M59S");
    }
  }

  @Test
  void ticketFromTheFutureIsRefused() {
    long now = clock.millis();
    byte[] near = sealed(TestTickets.facts(now + TicketSealer.SKEW_MS, now, 3600, null));
    byte[] far = sealed(TestTickets.facts(now + TicketSealer.SKEW_MS + 1, now, 3600, null));
    assertThat(refusal(near)).isNull();
    assertThat(refusal(far)).isEqualTo(Reason.FROM_THE_FUTURE);
  }

  @Test
  void ticketEndsWithThePeersCertificate() {
    long now = clock.millis();
    PeerCertificate peer = new PeerCertificate(new byte[] {0x30}, now + 1000);
    byte[] sealed = sealed(TestTickets.facts(now, now, 3600, peer));
    clock.advance(Duration.ofSeconds(1));
    assertThat(refusal(sealed)).isNull();
    clock.advance(Duration.ofMillis(1));
    assertThat(refusal(sealed)).isEqualTo(Reason.PEER_EXPIRED);
  }

  @Test
  void peerWithALargeCertificateGetsNoTicket() {
    long now = clock.millis();
    PeerCertificate largest = new PeerCertificate(new byte[PeerCertificate.LENGTH_MAX], now);
    assertThat(refusal(sealed(TestTickets.facts(now, now, 3600, largest)))).isNull();
    PeerCertificate tooLarge = new PeerCertificate(new byte[PeerCertificate.LENGTH_MAX + 1], now);
    try (SessionTicket ticket =
        new SessionTicket(TestTickets.facts(now, now, 3600, tooLarge), TestTickets.secret(32))) {
      assertThat(sealer.seal(ticket)).isEmpty();
    }
  }

  @Test
  void ticketIsGoodForItsOwnVersionOnly() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    assertThat(reason(sealer.openTls12(sealed, TestTickets.BINDING)))
        .isEqualTo(Reason.OTHER_VERSION);
  }

  @Test
  void ticketOfAnotherBindingIsRefused() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    TicketBinding other =
        TicketRules.of(TestTickets.POLICY, new byte[] {1}).bind("b.example", "h2");
    assertThat(reason(sealer.openTls13(sealed, obfuscated(Duration.ZERO), other)))
        .isEqualTo(Reason.OTHER_BINDING);
  }

  @Test
  void claimedAgeMayBeOffByAMinute() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    Duration age = Duration.ofMinutes(10);
    Duration tolerance = Duration.ofMillis(TicketSealer.AGE_TOLERANCE_MS);
    Duration milli = Duration.ofMillis(1);
    clock.advance(age);
    assertThat(refusal(sealed, age)).isNull();
    assertThat(refusal(sealed, age.plus(tolerance))).isNull();
    assertThat(refusal(sealed, age.minus(tolerance))).isNull();
    assertThat(refusal(sealed, age.plus(tolerance).plus(milli))).isEqualTo(Reason.WRONG_AGE);
    assertThat(refusal(sealed, age.minus(tolerance).minus(milli))).isEqualTo(Reason.WRONG_AGE);
    assertThat(refusal(sealed, age.plusMillis(1L << 31))).isEqualTo(Reason.WRONG_AGE);
    assertThat(refusal(sealed, age.plusMillis(1L << 32))).isNull();
  }

  private static SecretBytes secretForm(TicketFacts facts) {
    try (SessionTicket ticket = new SessionTicket(facts, TestTickets.secret(32))) {
      return SecretBytes.wiping(form(ticket));
    }
  }

  @Test
  void aMemberGetsTicketsThatItIssuedJustNowAndNoOthers() {
    long now = clock.millis();
    long later = now + TicketSealer.SKEW_MS + 1;
    try (SecretBytes good = secretForm(TestTickets.facts(now, now, 3600, null));
        SecretBytes stocked = secretForm(TestTickets.facts(later, now, 3600, null));
        SecretBytes over = secretForm(TestTickets.facts(now - 3_601_000, 1, 3600, null));
        SecretBytes none = SecretBytes.zeros(good.length())) {
      assertThat(refusal(sealer.sealForMember(good).orElseThrow())).isNull();
      assertThat(sealer.sealForMember(stocked)).isEmpty();
      assertThat(sealer.sealForMember(over)).isEmpty();
      assertThat(sealer.sealForMember(none)).isEmpty();
      TicketTimes times = new TicketTimes(Duration.ofHours(1), Duration.ofSeconds(3599));
      try (TicketKeys shorter = new OwnTicketKeys(times, clock, new SecureRandom())) {
        assertThat(new TicketSealer(shorter, clock).sealForMember(good)).isEmpty();
      }
    }
  }

  @Test
  void aMemberIsToldWhatIsInATicketUntilItsTimeIsOver() {
    byte[] sealed = sealed(TestTickets.plain(clock.millis()));
    try (SecretBytes form = ((TicketCipher.Unsealed.Form) sealer.openForMember(sealed)).form();
        SessionTicket same = TicketForm.read(form.reveal())) {
      assertThat(same).isNotNull();
      assertThat(same.facts().serverName()).isEqualTo("a.example");
    }
    clock.advance(Duration.ofSeconds(3601));
    assertThat(sealer.openForMember(sealed))
        .isEqualTo(new TicketCipher.Unsealed.Refused(Reason.EXPIRED));
    sealed[0] ^= 1;
    assertThat(sealer.openForMember(sealed))
        .isEqualTo(new TicketCipher.Unsealed.Refused(Reason.UNKNOWN_KEY));
    assertThat(sealer.openForMember(new byte[TicketSealer.LENGTH_MAX + 1]))
        .isEqualTo(new TicketCipher.Unsealed.Refused(Reason.MALFORMED));
  }

  private static byte[] form(SessionTicket ticket) {
    ByteBuf form = Unpooled.buffer();
    TicketForm.write(ticket, form);
    assertThat(form.readableBytes()).isEqualTo(TicketForm.length(ticket.facts()));
    return ByteBufUtil.getBytes(form);
  }

  private byte[] sealedForm(byte[] form) {
    try (SecretBytes secret = SecretBytes.wiping(form.clone())) {
      return keys.seal(secret).orElseThrow();
    }
  }

  /// Goal: another release's tickets, sealed with shared keys, do no harm. Method: every truncation
  /// and every flipped bit of the plaintext, sealed as it is; a ticket that still reads has other
  /// facts or another secret.
  @Test
  void everyOtherPlaintextIsRefusedOrAnotherTicket() {
    byte[] form;
    try (SessionTicket ticket =
        new SessionTicket(
            TestTickets.facts(
                clock.millis(),
                clock.millis(),
                3600,
                new PeerCertificate(new byte[] {1, 2, 3}, Long.MAX_VALUE)),
            TestTickets.secret(32))) {
      form = form(ticket);
    }
    for (int length = 0; length < form.length; length++) {
      assertThat(refusal(sealedForm(Arrays.copyOf(form, length)))).isEqualTo(Reason.MALFORMED);
    }
    assertThat(refusal(sealedForm(Arrays.copyOf(form, form.length + 1))))
        .isEqualTo(Reason.MALFORMED);
    for (int bit = 0; bit < form.length * Byte.SIZE; bit++) {
      byte[] flipped = form.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      try (SessionTicket read = TicketForm.read(Unpooled.wrappedBuffer(flipped))) {
        if (read != null) {
          assertThat(form(read)).as("bit %d", bit).isEqualTo(flipped);
        }
      }
    }
  }

  @Test
  void sessionWithoutExtendedMasterSecretHasNoTicket() {
    assertThatThrownBy(() ->
            new TicketFacts(
                TlsVersion.TLS_1_2,
                0xC02B,
                TrafficSecret.Hash.SHA256,
                0,
                0,
                1,
                0,
                false,
                null,
                null,
                null,
                TestTickets.BINDING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found extended master secret false");
  }

  @Test
  void secretOfAnotherLengthIsRefusedAndWiped() {
    SecretBytes secret = TestTickets.secret(48);
    assertThatThrownBy(() -> new SessionTicket(TestTickets.facts(1, 1, 1, null), secret))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found a secret of 48 bytes, expected 32");
    assertThatThrownBy(secret::reveal).isInstanceOf(KtlsException.class);
  }

  @Test
  void nothingPrintsASecret() {
    try (SessionTicket ticket = TestTickets.plain(clock.millis());
        TicketKey key = keys.forSealing()) {
      String secret = ByteBufUtil.hexDump(ticket.secret().reveal());
      String name = HexFormat.of().formatHex(key.name());
      String texts = ticket + " " + ticket.facts() + " " + key + " " + keys;
      assertThat(texts)
          .doesNotContainIgnoringCase(secret)
          .doesNotContain(name)
          .contains("SessionTicket(TLSv1.3)", "TicketKey(redacted)", "TicketKeys(redacted)");
    }
  }

  @Test
  void closedTicketIsWiped() {
    SessionTicket ticket = TestTickets.plain(clock.millis());
    ticket.close();
    ticket.close();
    assertThatThrownBy(() -> sealer.seal(ticket)).isInstanceOf(KtlsException.class);
  }
}
