package io.sallyport.ticket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.testing.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The leak check finds keys that left the ring and were not wiped.
@ExtendWith(LeakCheck.class)
class TicketKeysTest {
  private static final Duration MILLI = Duration.ofMillis(1);
  private final TestClock clock = new TestClock();
  private final TicketTimes times = new TicketTimes(Duration.ofHours(1), Duration.ofHours(3));

  private OwnTicketKeys keys() {
    return new OwnTicketKeys(times, clock, new SecureRandom());
  }

  private static byte[] sealingName(OwnTicketKeys keys) {
    try (TicketKey key = keys.forSealing()) {
      return key.name();
    }
  }

  private static boolean opens(OwnTicketKeys keys, byte[] name) {
    try (TicketKey key = keys.forOpening(name)) {
      return key != null;
    }
  }

  @Test
  void oneKeySealsUntilItsTimeIsOver() {
    try (OwnTicketKeys keys = keys()) {
      byte[] first = sealingName(keys);
      clock.advance(times.sealing().minus(MILLI));
      assertThat(sealingName(keys)).isEqualTo(first);
      clock.advance(MILLI);
      assertThat(sealingName(keys)).isNotEqualTo(first);
      assertThat(opens(keys, first)).isTrue();
      assertThat(keys.size()).isEqualTo(2);
    }
  }

  @Test
  void keyOpensUntilItsLastTicketIsOver() {
    try (OwnTicketKeys keys = keys()) {
      byte[] first = sealingName(keys);
      clock.advance(times.sealing());
      keys.rotateIfDue();
      clock.advance(times.lifetime());
      assertThat(opens(keys, first)).isTrue();
      clock.advance(MILLI);
      assertThat(opens(keys, first)).isFalse();
      assertThat(keys.size()).isOne();
    }
  }

  @Test
  void keyThatSealedNothingForLongIsForgottenAtOnce() {
    try (OwnTicketKeys keys = keys()) {
      byte[] first = sealingName(keys);
      clock.advance(times.sealing().plus(times.lifetime()).plus(MILLI));
      assertThat(sealingName(keys)).isNotEqualTo(first);
      assertThat(keys.size()).isOne();
    }
  }

  @Test
  void keyThatWasReplacedEarlyIsForgottenEarly() {
    try (OwnTicketKeys keys = keys()) {
      byte[] first = sealingName(keys);
      keys.rotate();
      clock.advance(times.lifetime());
      assertThat(opens(keys, first)).isTrue();
      clock.advance(MILLI);
      keys.rotateIfDue();
      assertThat(opens(keys, first)).isFalse();
    }
  }

  @Test
  void oldestKeyGivesWayWhenTheRingIsFull() {
    try (OwnTicketKeys keys = keys()) {
      List<byte[]> names = new ArrayList<>();
      for (int i = 0; i <= TicketKeys.KEYS_MAX; i++) {
        names.add(sealingName(keys));
        assertThat(names.stream().allMatch(name -> opens(keys, name))).isEqualTo(i < 8);
        keys.rotate();
      }
      assertThat(keys.size()).isEqualTo(TicketKeys.KEYS_MAX);
      assertThat(opens(keys, names.get(0))).isFalse();
      assertThat(opens(keys, names.get(1))).isFalse();
      assertThat(opens(keys, names.get(2))).isTrue();
    }
  }

  @Test
  void keyIsReplacedWhenItHasSealedEnough() {
    try (OwnTicketKeys keys = new OwnTicketKeys(times, clock, new SecureRandom(), 3)) {
      byte[] first = sealingName(keys);
      assertThat(sealingName(keys)).isEqualTo(first);
      assertThat(sealingName(keys)).isEqualTo(first);
      assertThat(sealingName(keys)).isNotEqualTo(first);
    }
  }

  @Test
  void clockThatIsSetBackTurnsTheRing() {
    try (OwnTicketKeys keys = keys()) {
      byte[] first = sealingName(keys);
      clock.advance(Duration.ofDays(-10));
      byte[] second = sealingName(keys);
      assertThat(second).isNotEqualTo(first);
      assertThat(sealingName(keys)).isEqualTo(second);
    }
  }

  /// With the shortest sealing that the lifetime allows, no key leaves the ring too early.
  @Test
  void ringHoldsEveryKeyThatMayStillOpen() {
    TicketTimes tight = new TicketTimes(Duration.ofDays(1), Duration.ofDays(7));
    try (OwnTicketKeys keys = new OwnTicketKeys(tight, clock, new SecureRandom())) {
      clock.advance(tight.sealing().minus(MILLI));
      byte[] first = sealingName(keys);
      clock.advance(MILLI);
      for (int day = 0; day < 7; day++) {
        keys.rotateIfDue();
        clock.advance(Duration.ofDays(1).minus(MILLI));
        assertThat(opens(keys, first)).as("day %d", day).isTrue();
        clock.advance(MILLI);
      }
      clock.advance(MILLI);
      assertThat(opens(keys, first)).isFalse();
    }
  }

  @Test
  void copyOfAKeyOutlivesTheRing() {
    OwnTicketKeys keys = keys();
    ByteBuf ticket = unsealed(new byte[1]);
    try (TicketKey copy = keys.forSealing()) {
      keys.close();
      copy.seal(ticket);
      assertThat(ticket.readableBytes()).isEqualTo(TicketKey.FORM_AT + 17);
    } finally {
      ticket.release();
    }
  }

  @Test
  void closedRingOpensNothingAndSealsNothing() {
    OwnTicketKeys keys = keys();
    byte[] name = sealingName(keys);
    keys.close();
    keys.close();
    assertThat(keys.size()).isZero();
    assertThat(opens(keys, name)).isFalse();
    assertThatThrownBy(keys::forSealing).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(keys::rotate).isInstanceOf(IllegalStateException.class);
  }

  /// Goal: no thread sees a wiped key. Method: some seal and open while others turn the ring.
  @Test
  void anyThreadMayUseTheRing() throws Exception {
    try (OwnTicketKeys keys = keys();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        boolean turns = i == 0;
        running.add(
            threads.submit(() -> {
              for (int round = 0; round < 500; round++) {
                if (turns) {
                  keys.rotate();
                } else {
                  useOnce(keys);
                }
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
      assertThat(keys.size()).isEqualTo(TicketKeys.KEYS_MAX);
    }
  }

  private static void useOnce(OwnTicketKeys keys) {
    ByteBuf ticket = unsealed(new byte[] {1, 2, 3});
    byte[] before = ByteBufUtil.getBytes(ticket);
    try (TicketKey key = keys.forSealing();
        TicketKey same = keys.forOpening(key.name())) {
      key.seal(ticket);
      if (same != null) {
        assertThat(same.open(ticket)).isTrue();
        assertThat(ByteBufUtil.getBytes(ticket)).isEqualTo(before);
      }
    } finally {
      ticket.release();
    }
  }

  private static ByteBuf unsealed(byte[] form) {
    return Unpooled.directBuffer().writeZero(TicketKey.FORM_AT).writeBytes(form);
  }

  /// A member without libcrypto opens what one with it sealed, and the other way round.
  @Test
  void theJdkSealsAndOpensTheSameTickets() {
    byte[] form = "all of a ticket".getBytes(StandardCharsets.US_ASCII);
    ByteBuf ticket = unsealed(form);
    ByteBuf same = unsealed(form);
    try (OwnTicketKeys keys = keys();
        TicketKey key = keys.forSealing()) {
      key.seal(ticket);
      same.ensureWritable(TicketKey.TAG_LENGTH);
      key.sealOnHeap(same);
      same.writerIndex(ticket.writerIndex());
      assertThat(same).isEqualTo(ticket);
      assertThat(key.openOnHeap(ticket)).isTrue();
      assertThat(ticket.slice(TicketKey.FORM_AT, form.length))
          .isEqualTo(Unpooled.wrappedBuffer(form));
      same.setByte(TicketKey.FORM_AT, same.getByte(TicketKey.FORM_AT) ^ 1);
      assertThat(key.openOnHeap(same)).isFalse();
    } finally {
      ticket.release();
      same.release();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PT1H, PT0S",
    "PT1H, PT-1S",
    "PT1H, PT0.5S",
    "PT1H, P7DT1S",
    "PT1H, PT7H1S",
    "P8D, P1D",
    "PT0S, PT1S",
    "PT-1S, PT1S",
    "P-300000D, PT1S",
    "P300000D, PT1S"
  })
  void timesThatCannotBeKeptAreRefused(Duration sealing, Duration lifetime) {
    assertThatThrownBy(() -> new TicketTimes(sealing, lifetime))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void lifetimeEndsWithTheSevenDaysAndWithTheCertificate() {
    long day = Duration.ofDays(1).toMillis();
    long now = 100 * day;
    TicketTimes longest = new TicketTimes(Duration.ofDays(1), Duration.ofDays(7));
    assertThat(longest.lifetimeSeconds(now, now, null)).isEqualTo(604_800);
    assertThat(longest.lifetimeSeconds(now, now - 6 * day, null)).isEqualTo(86_400);
    assertThat(longest.lifetimeSeconds(now, now - 7 * day, null)).isZero();
    assertThat(longest.lifetimeSeconds(now, now - 8 * day, null)).isNegative();
    assertThat(TicketTimes.DEFAULT.lifetimeSeconds(now, now, null)).isEqualTo(86_400);
    assertThat(longest.lifetimeSeconds(now, now, peerUntil(now + 2_999))).isEqualTo(2);
    assertThat(longest.lifetimeSeconds(now, now, peerUntil(now - 1))).isNegative();
  }

  private static PeerCertificate peerUntil(long notAfterMs) {
    return new PeerCertificate(new byte[] {0x30}, notAfterMs);
  }
}
