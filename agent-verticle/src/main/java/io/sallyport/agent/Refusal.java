package io.sallyport.agent;

import io.sallyport.handshake.HandshakeStatus;
import org.bouncycastle.tls.TlsFatalAlert;

/// This side ends a handshake: the alert for the peer, the status for the consumer, and the reason
/// for the operator.
final class Refusal extends TlsFatalAlert {
  private static final long serialVersionUID = 1L;

  private final HandshakeStatus status;
  private final String reason;

  /// A refusal with status EACCES.
  Refusal(short alert, String reason) {
    this(alert, HandshakeStatus.EACCES, reason);
  }

  Refusal(short alert, HandshakeStatus status, String reason) {
    super(alert, reason);
    this.status = status;
    this.reason = reason;
  }

  HandshakeStatus status() {
    return status;
  }

  String reason() {
    return reason;
  }
}
