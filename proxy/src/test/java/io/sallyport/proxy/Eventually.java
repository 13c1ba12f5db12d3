package io.sallyport.proxy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for what another thread brings about and nobody announces, such as a counter.
final class Eventually {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration STANDSTILL = Duration.ofMillis(500);
  private static final long PAUSE_NANOS = 2_000_000;

  private Eventually() {}

  /// Returns as soon as `condition` holds; fails with `otherwise` when it does not within 20
  /// seconds.
  static void holds(BooleanSupplier condition, Supplier<String> otherwise) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError(otherwise.get());
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /// Returns when `counter` has begun to move and then not moved for half a second.
  static void standsStill(AtomicLong counter) {
    long[] seen = {0, System.nanoTime()};
    holds(
        () -> {
          long now = counter.get();
          if (now != seen[0]) {
            seen[0] = now;
            seen[1] = System.nanoTime();
          }
          return now > 0 && System.nanoTime() - seen[1] > STANDSTILL.toNanos();
        },
        () -> "it never stands still");
  }
}
