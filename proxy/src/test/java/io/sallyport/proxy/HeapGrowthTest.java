package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// When the old generation is collected.
@Timeout(120)
class HeapGrowthTest {
  private static final long MIB = 1 << 20;

  private long used;
  private long alive;
  private int collections;

  private final HeapGrowth growth =
      new HeapGrowth(
          () -> used,
          () -> {
            collections++;
            used = alive;
          });

  private void grow(long bytes) {
    used = bytes;
    growth.check();
  }

  @Test
  void aSmallHeapIsLeftAlone() {
    grow(HeapGrowth.FLOOR);
    assertThat(collections).isZero();
    grow(HeapGrowth.FLOOR + 1);
    assertThat(collections).isEqualTo(1);
  }

  @Test
  void itIsCollectedAgainWhenTwiceAsMuchIsUsedAsWasAlive() {
    alive = 100 * MIB;
    grow(150 * MIB);
    assertThat(collections).isEqualTo(1);
    grow(200 * MIB);
    assertThat(collections).isEqualTo(1);
    grow(200 * MIB + 1);
    assertThat(collections).isEqualTo(2);
  }

  @Test
  void theLimitComesDownWithWhatIsAlive() {
    alive = 500 * MIB;
    grow(501 * MIB);
    alive = 10 * MIB;
    grow(1001 * MIB);
    assertThat(collections).isEqualTo(2);
    grow(HeapGrowth.FLOOR + 1);
    assertThat(collections).isEqualTo(3);
  }

  /// In a process of its own, since this one has another collector.
  @Test
  void theSerialCollectorsHeapStaysFarBelowItsCeiling() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms20m",
                "-Xmn8m",
                "-Xmx3g",
                "-XX:MaxHeapFreeRatio=50",
                "-XX:-ShrinkHeapInSteps",
                "-cp",
                System.getProperty("java.class.path"),
                Churn.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      assertThat(Long.parseLong(answer.strip()) / MIB)
          .as("MiB of the old generation at its largest, before three collections")
          .isLessThan(512);
    } finally {
      process.destroyForcibly();
    }
  }

  /// Makes garbage of the old generation, 100 MiB in a second, until it was collected three times;
  /// prints the most bytes that it had.
  static final class Churn {
    public static void main(String[] arguments) throws Exception {
      Vertx vertx = Vertx.vertx();
      HeapGrowth.bound(vertx);
      byte[][] alive = new byte[20][];
      long most = 0;
      for (int i = 0; collections() < 3; i++) {
        alive[i % alive.length] = new byte[(int) MIB];
        TimeUnit.MILLISECONDS.sleep(10);
        most = Math.max(most, tenured().getUsage().getCommitted());
      }
      System.out.println(most);
      vertx.close().await();
    }

    private static long collections() {
      return ManagementFactory.getGarbageCollectorMXBeans().stream()
          .filter(bean -> bean.getName().equals("MarkSweepCompact"))
          .mapToLong(GarbageCollectorMXBean::getCollectionCount)
          .sum();
    }

    private static MemoryPoolMXBean tenured() {
      return ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getName().equals("Tenured Gen"))
          .findFirst()
          .orElseThrow();
    }
  }
}
