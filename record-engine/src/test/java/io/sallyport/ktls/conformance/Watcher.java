package io.sallyport.ktls.conformance;

import io.sallyport.ktls.KtlsSocket;

/// Sleeps in poll: counts how often it is woken.
final class Watcher implements KtlsSocket.Callbacks {
  private int wakeups;

  /// Watches a socket from now on.
  static Watcher of(KtlsSocket socket) {
    Watcher watcher = new Watcher();
    socket.setCallbacks(watcher);
    return watcher;
  }

  /// Whether it was woken since it was last asked.
  boolean wasWoken() {
    boolean woken = wakeups > 0;
    wakeups = 0;
    return woken;
  }

  @Override
  public void dataReady() {
    wakeups++;
  }

  @Override
  public void writeSpace() {}
}
