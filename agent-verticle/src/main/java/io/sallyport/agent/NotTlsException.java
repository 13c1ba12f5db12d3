package io.sallyport.agent;

import java.io.IOException;

/// The peer does not speak TLS. Nothing is answered, as OpenSSL does it: an alert would be noise to
/// it. The message is the reason for the operator.
final class NotTlsException extends IOException {
  private static final long serialVersionUID = 1L;

  NotTlsException(String message) {
    super(message);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
