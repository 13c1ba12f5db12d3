package io.sallyport.audit;

import java.time.Duration;

/// How an audit log is kept.
///
/// @param fileBytes a file that has reached this length is followed by the next, at least 1
/// @param queueMax uses that wait for the disk; more are denied
/// @param sync how long a line that was written may take until it outlives a power loss
/// @param retry how long to wait before trying again when the disk failed
public record AuditOptions(long fileBytes, int queueMax, Duration sync, Duration retry) {
  private static final AuditOptions DEFAULTS =
      new AuditOptions(16L << 20, 8192, Duration.ofMillis(100), Duration.ofSeconds(1));

  public AuditOptions {
    if (fileBytes < 1 || queueMax < 1 || !sync.isPositive() || !retry.isPositive()) {
      throw new IllegalArgumentException("audit options below their least");
    }
  }

  /// 16 MiB, which a start reads in a fraction of a second; 8192 uses, 100 ms, 1 s.
  public static AuditOptions defaults() {
    return DEFAULTS;
  }
}
