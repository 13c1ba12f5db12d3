package io.sallyport.testing;

import java.util.Random;
import java.util.function.Consumer;

/// Random inputs that can be had again: a failure names its seed, and `-Dseed=N` runs that one
/// alone.
public final class Seeds {
  private Seeds() {}

  /// Runs `property` with `count` random sources; each has a seed of its own.
  public static void forEach(int count, Consumer<Random> property) {
    String only = System.getProperty("seed");
    if (only != null) {
      property.accept(new Random(Long.parseLong(only)));
      return;
    }
    long first = new Random().nextLong();
    for (int i = 0; i < count; i++) {
      long seed = first + i;
      try {
        property.accept(new Random(seed));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("fails with -Dseed=" + seed + ": " + e.getMessage(), e);
      }
    }
  }
}
