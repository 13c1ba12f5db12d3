package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import org.bouncycastle.tls.TlsFatalAlert;

/// This side ends a handshake: the alert for the peer, the reason for counters, and the detail for
/// the operator.
final class Refusal extends TlsFatalAlert {
  private static final long serialVersionUID = 1L;

  private final FailureReason reason;
  private final String detail;

  Refusal(short alert, FailureReason reason, String detail) {
    super(alert, detail);
    this.reason = reason;
    this.detail = detail;
  }

  FailureReason reason() {
    return reason;
  }

  String detail() {
    return detail;
  }
}
