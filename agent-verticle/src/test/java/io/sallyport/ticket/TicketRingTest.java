package io.sallyport.ticket;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TicketRingTest {
  private static final TicketTimes TIMES =
      new TicketTimes(Duration.ofHours(12), Duration.ofHours(24));
  private static final long HOUR_MS = 3_600_000;
  private static final long NOW = 1_000_000 * HOUR_MS;

  private final SecureRandom random = new SecureRandom();

  private static byte[] sealingName(TicketRing ring, long now) {
    try (TicketKey key = ring.forSealing(now)) {
      return key == null ? new byte[0] : key.name();
    }
  }

  private static boolean opens(TicketRing ring, byte[] name, long now) {
    try (TicketKey key = ring.forOpening(name, now, TIMES)) {
      return key != null;
    }
  }

  @Test
  void theNextKeyIsThereLongBeforeItSeals() {
    try (TicketRing ring = TicketRing.begin(TIMES, NOW, random)) {
      byte[] first = sealingName(ring, NOW);
      byte[] next = sealingName(ring, NOW + 12 * HOUR_MS);
      assertThat(first).hasSize(TicketKey.NAME_LENGTH);
      assertThat(next).hasSize(TicketKey.NAME_LENGTH).isNotEqualTo(first);
      assertThat(opens(ring, next, NOW)).as("a member whose clock is ahead").isTrue();
      assertThat(sealingName(ring, NOW + 24 * HOUR_MS)).as("nobody turned the ring").isEmpty();
    }
  }

  @Test
  void aRingIsDueWhenItsLastKeySeals() {
    try (TicketRing ring = TicketRing.begin(TIMES, NOW, random)) {
      assertThat(ring.isDue(NOW + 12 * HOUR_MS - 1)).isFalse();
      assertThat(ring.isDue(NOW + 12 * HOUR_MS)).isTrue();
      try (TicketRing turned = ring.turn(TIMES, NOW + 12 * HOUR_MS, random)) {
        assertThat(turned.isDue(NOW + 12 * HOUR_MS)).isFalse();
        assertThat(sealingName(turned, NOW + 12 * HOUR_MS))
            .isEqualTo(sealingName(ring, NOW + 12 * HOUR_MS));
        assertThat(turned.isSame(ring)).isFalse();
      }
    }
  }

  @Test
  void aKeyOpensForOneLifetimeAfterItHasSealedAndIsGoneThen() {
    try (TicketRing ring = TicketRing.begin(TIMES, NOW, random)) {
      byte[] first = sealingName(ring, NOW);
      long last = NOW + 36 * HOUR_MS;
      assertThat(opens(ring, first, last)).isTrue();
      assertThat(opens(ring, first, last + 1)).isFalse();
      try (TicketRing turned = ring.turn(TIMES, last, random)) {
        assertThat(opens(turned, first, last)).isTrue();
        try (TicketRing later = turned.turn(TIMES, last + 1, random)) {
          assertThat(opens(later, first, last)).isFalse();
        }
      }
    }
  }

  @Test
  void aRingThatSleptSealsWithAKeyOfNow() {
    try (TicketRing ring = TicketRing.begin(TIMES, NOW, random)) {
      long later = NOW + 1000 * HOUR_MS;
      assertThat(sealingName(ring, later)).isEmpty();
      try (TicketRing turned = ring.turn(TIMES, later, random)) {
        assertThat(sealingName(turned, later)).hasSize(TicketKey.NAME_LENGTH);
        assertThat(turned.isDue(later)).isFalse();
      }
    }
  }

  @Test
  void turningForeverKeepsTheRingSmall() {
    TicketRing ring = TicketRing.begin(TIMES, NOW, random);
    for (int i = 1; i < 100; i++) {
      TicketRing turned = ring.turn(TIMES, NOW + i, random);
      ring.close();
      ring = turned;
    }
    try (SecretBytes form = ring.form()) {
      assertThat(form.length()).isLessThanOrEqualTo(2 + 9 * 64);
    }
    ring.close();
  }

  @Test
  void theFormIsTheWholeRingAndNothingElseIs() {
    try (TicketRing ring = TicketRing.begin(TIMES, NOW, random);
        SecretBytes form = ring.form()) {
      Optional<TicketRing> read = TicketRing.read(form);
      assertThat(read).isPresent();
      assertThat(read.get().isSame(ring)).isTrue();
      try (SecretBytes again = read.get().form()) {
        assertThat(again.reveal()).isEqualTo(form.reveal());
      }
      read.get().close();
      for (int length = 0; length < form.length(); length++) {
        try (SecretBytes cut = form.copy(0, length)) {
          assertThat(TicketRing.read(cut)).as("cut to %d", length).isEmpty();
        }
      }
    }
  }

  @Test
  void whatWasSealedOnOneMemberOpensOnAnother() {
    TestClock clock = new TestClock();
    try (TicketRing ring = TicketRing.begin(TIMES, clock.millis(), random);
        SecretBytes form = SecretBytes.wiping(new byte[] {1});
        SharedTicketKeys here = new SharedTicketKeys(TIMES, clock, random);
        SharedTicketKeys there = new SharedTicketKeys(TIMES, clock, random)) {
      assertThat(here.seal(form)).as("without a ring").isEmpty();
      here.install(ring.copy());
      there.install(ring.copy());
      byte[] ticket = here.seal(form).orElseThrow();
      try (SecretBytes opened = ((TicketCipher.Unsealed.Form) there.open(ticket)).form()) {
        assertThat(opened.reveal()).isEqualTo(form.reveal());
      }
      there.drop();
      assertThat(there.open(ticket))
          .isEqualTo(new TicketCipher.Unsealed.Refused(OpenedTicket.Reason.UNKNOWN_KEY));
    }
  }
}
