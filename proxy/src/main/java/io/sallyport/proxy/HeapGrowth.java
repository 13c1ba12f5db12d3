package io.sallyport.proxy;

import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Has the old generation collected before it is several times what lives in it.
///
/// The serial collector by itself lets it grow to the ceiling of the heap first, a quarter of the
/// memory of the machine, and keeps what it has taken. What is under way at a young collection is
/// moved there as soon as there is more of it than the survivor space takes: with 200 handshakes at
/// a time that is 16 MiB of garbage in a second. Other collectors bound themselves, and are left
/// alone. Confined to one event loop.
final class HeapGrowth {
  /// Below this nothing is collected: a pause for little.
  static final long FLOOR = 64L << 20;

  /// What may be used, as a multiple of what was alive at the last collection.
  private static final int GROWTH = 2;

  private static final long PERIOD_MS = 1000;
  private static final String SERIAL_POOL = "Tenured Gen";

  private final LongSupplier used;
  private final Runnable collect;
  private long limit = FLOOR;

  /// @param used bytes of the old generation that are in use, garbage among them
  /// @param collect collects all of it before it returns
  HeapGrowth(LongSupplier used, Runnable collect) {
    this.used = used;
    this.collect = collect;
  }

  /// Looks once a second, for as long as `vertx` runs.
  static void bound(Vertx vertx) {
    serialPool()
        .ifPresent(pool -> {
          HeapGrowth growth = new HeapGrowth(() -> pool.getUsage().getUsed(), System::gc);
          vertx.setPeriodic(PERIOD_MS, _ -> growth.check());
        });
  }

  private static Optional<MemoryPoolMXBean> serialPool() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals(SERIAL_POOL))
        .findFirst();
  }

  void check() {
    if (used.getAsLong() > limit) {
      collect.run();
      limit = Math.max(FLOOR, GROWTH * used.getAsLong());
    }
  }
}
