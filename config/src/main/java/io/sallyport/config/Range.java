package io.sallyport.config;

import java.time.Duration;

/// The bounds of a value, both inclusive, in one place for the record that holds the value and for
/// the message that explains them.
record Range<T extends Comparable<T>>(T min, T max) {
  static final Range<Integer> COUNTED_FROM_ONE = new Range<>(1, Integer.MAX_VALUE);
  static final Range<Integer> EVENT_LOOPS = new Range<>(1, 1024);
  static final Range<Integer> MAXCONN = new Range<>(1, 1_000_000);
  static final Range<Integer> WEIGHT = new Range<>(1, 256);
  static final Range<Integer> QUORUM = new Range<>(1, 1000);
  static final Range<Integer> BACKUPS = new Range<>(0, 6);

  /// The upper bound fits a count of milliseconds in an `int`, which is what timers take.
  static final Range<Duration> TIMEOUT = new Range<>(Duration.ofMillis(1), Duration.ofDays(24));

  static final Range<Duration> TICKET_LIFETIME =
      new Range<>(Duration.ofMinutes(1), Duration.ofDays(7));

  static final Range<Duration> DRAIN = new Range<>(Duration.ZERO, Duration.ofDays(1));

  boolean contains(T value) {
    return value.compareTo(min) >= 0 && value.compareTo(max) <= 0;
  }

  void check(String what, T value) {
    if (!contains(value)) {
      throw new IllegalArgumentException(what + " " + value + " outside " + min + " to " + max);
    }
  }
}
