package io.sallyport.proxy;

import io.sallyport.proxy.stat.CloseReason;

/// Ends the path of a connection early: the reason, and what else there is to say for the log.
final class ClosedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final CloseReason reason;

  ClosedException(CloseReason reason, String detail) {
    super(detail, null, false, false);
    this.reason = reason;
  }

  CloseReason reason() {
    return reason;
  }

  String detail() {
    String detail = getMessage();
    return detail == null ? "" : detail;
  }
}
