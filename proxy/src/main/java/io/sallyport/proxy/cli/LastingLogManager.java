package io.sallyport.proxy.cli;

import java.util.logging.LogManager;

/// Logging that lasts until the process has drained.
///
/// The JDK's own log manager closes its handlers as soon as a shutdown begins, beside the hook that
/// drains, and what the drain has to say would be lost. Set by `-Djava.util.logging.manager`.
public final class LastingLogManager extends LogManager {
  private volatile boolean lasting;

  /// From now on nothing closes the handlers; they flush each record by themselves.
  void last() {
    lasting = true;
  }

  @Override
  public void reset() {
    if (!lasting) {
      super.reset();
    }
  }
}
