package io.sallyport.proxy;

import io.sallyport.proxy.stat.CloseReason;
import java.lang.System.Logger.Level;

/// One line for each connection that did not end as connections do, and not more than a bounded
/// number a second: whoever floods a listener does not fill a disk. What was left out is counted
/// and said.
///
/// Owned by one event loop.
final class ConnectionLog {
  private static final System.Logger LOG = System.getLogger("sallyport.connection");
  private static final int LINES_PER_SECOND = 50;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private long secondStartNanos = System.nanoTime();
  private int lines;
  private long suppressed;

  /// @param detail more than the reason says, or empty
  void ended(String listener, String peer, CloseReason reason, String detail) {
    if (reason.isOrdinary() || !hasRoom()) {
      return;
    }
    LOG.log(
        Level.INFO,
        () -> listener + " " + peer + ": " + reason + (detail.isEmpty() ? "" : ": " + detail));
  }

  private boolean hasRoom() {
    long now = System.nanoTime();
    if (now - secondStartNanos >= SECOND_NANOS) {
      if (suppressed > 0) {
        LOG.log(Level.INFO, suppressed + " more connections ended, not logged");
      }
      secondStartNanos = now;
      lines = 0;
      suppressed = 0;
    }
    if (lines == LINES_PER_SECOND) {
      suppressed++;
      return false;
    }
    lines++;
    return true;
  }
}
