package io.sallyport.proxy.listen;

import java.util.concurrent.atomic.AtomicInteger;

/// How many connections a listener may have open, over all event loops: HAProxy's `maxconn`.
///
/// Shared by the loops; touched once when a connection opens and once when it ends.
public final class ConnectionLimit {
  private final int max;
  private final AtomicInteger open = new AtomicInteger();

  /// @param max connections at one time
  public ConnectionLimit(int max) {
    this.max = max;
  }

  /// Takes a place. False when there is none; otherwise [#release()] gives it back.
  public boolean tryAcquire() {
    if (open.incrementAndGet() <= max) {
      return true;
    }
    open.decrementAndGet();
    return false;
  }

  /// Gives a place back.
  public void release() {
    open.decrementAndGet();
  }
}
