package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.sallyport.agent.HandshakeSchedule.Kind;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.RecordEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// An accepted request is answered exactly once, whatever happens in whichever order.
///
/// All short schedules are tried, and many long ones by chance. See [HandshakeSchedule].
class HandshakeScheduleTest {
  private static final long FIRST_SEED =
      Long.getLong("io.sallyport.schedule.seed", 0x5a11_9047_0000_0000L);
  private static final int RANDOM_SCHEDULES = Integer.getInteger("io.sallyport.schedules", 200_000);
  private static final int RANDOM_STEPS = 14;
  private static final int CHOICES_MAX = 7;

  /// Faults are logged on purpose, some of each schedule. Held, or the level would be forgotten.
  private static final Logger LOG = Logger.getLogger("io.sallyport");

  private static ResourceLeakDetector.Level leakDetection = ResourceLeakDetector.Level.PARANOID;
  private final RecordEngine engine =
      new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());

  /// A schedule accounts for each of its buffers, and looking for lost ones costs more than all
  /// else.
  @BeforeAll
  static void beQuiet() {
    LOG.setLevel(Level.OFF);
    leakDetection = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterAll
  static void beLoud() {
    LOG.setLevel(null);
    ResourceLeakDetector.setLevel(leakDetection);
  }

  @ParameterizedTest
  @EnumSource(names = {"SERVER_HELLO_X509", "CLIENT_HELLO_ANON"})
  void everyShortScheduleKeepsTheContract(HandshakeKind side) throws InterruptedException {
    int schedules = 0;
    List<Integer> prefix = new ArrayList<>();
    do {
      Path path = new Path(prefix);
      HandshakeSchedule schedule =
          new HandshakeSchedule(engine, Kind.EXHAUSTIVE, List.of(side), path);
      List<String> broken = schedule.run(CHOICES_MAX);
      assertThat(broken).as("choices %s: %s", path.taken, schedule.trace()).isEmpty();
      prefix = path.next();
      schedules++;
    } while (!prefix.isEmpty());
    assertThat(schedules).isGreaterThan(30_000);
  }

  /// The choices of one schedule: those of a prefix, then the quietest.
  private static final class Path implements IntUnaryOperator {
    private final List<Integer> prefix;
    private final List<Integer> taken = new ArrayList<>();
    private final List<Integer> bounds = new ArrayList<>();

    Path(List<Integer> prefix) {
      this.prefix = prefix;
    }

    @Override
    public int applyAsInt(int bound) {
      if (taken.size() == CHOICES_MAX) {
        return 0;
      }
      int choice = taken.size() < prefix.size() ? prefix.get(taken.size()) : 0;
      taken.add(choice);
      bounds.add(bound);
      return choice;
    }

    /// The prefix of the next schedule in order; empty when this was the last.
    List<Integer> next() {
      List<Integer> next = new ArrayList<>(taken);
      while (!next.isEmpty()) {
        int last = next.removeLast() + 1;
        if (last < bounds.get(next.size())) {
          next.add(last);
          return next;
        }
      }
      return next;
    }
  }

  @Test
  void randomSchedulesKeepTheContract() throws InterruptedException {
    for (int i = 0; i < RANDOM_SCHEDULES; i++) {
      long seed = FIRST_SEED + i;
      SplittableRandom random = new SplittableRandom(seed);
      Kind kind = i % 2 == 0 ? Kind.RANDOM : Kind.RANDOM_WITH_FAULTS;
      List<HandshakeKind> sides =
          Stream.generate(() ->
                  random.nextBoolean()
                      ? HandshakeKind.SERVER_HELLO_X509
                      : HandshakeKind.CLIENT_HELLO_ANON)
              .limit(1 + i % 3)
              .toList();
      HandshakeSchedule schedule = new HandshakeSchedule(engine, kind, sides, random::nextInt);
      List<String> broken = schedule.run(RANDOM_STEPS);
      assertThat(broken).as("seed %d, number %d: %s", seed, i, schedule.trace()).isEmpty();
    }
  }
}
