package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.IOException;

/// The peer does not speak TLS. Nothing is answered, as OpenSSL does it: an alert would be noise to
/// it. The message is the detail for the operator.
final class NotTlsException extends IOException {
  private static final long serialVersionUID = 1L;

  private final FailureReason reason;

  NotTlsException(FailureReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  FailureReason reason() {
    return reason;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
