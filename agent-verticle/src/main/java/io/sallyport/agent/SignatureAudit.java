package io.sallyport.agent;

import io.sallyport.audit.KeyAudit;
import io.sallyport.audit.KeyUse;
import io.sallyport.audit.KeyUse.Operation;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.keyring.KeySerial;
import org.bouncycastle.tls.AlertDescription;

/// Has the private key's use in one handshake logged. A signature that is not in the log does not
/// leave the agent.
///
/// @param audit of this agent
/// @param request whose handshake it is
/// @param operation what the key does in it
record SignatureAudit(KeyAudit audit, HandshakeRequest request, Operation operation) {
  /// A signature was made.
  ///
  /// @throws Refusal when that cannot be logged
  void require(KeySerial key, String serverName) throws Refusal {
    String asking = request.member().isEmpty() ? audit.member() : request.member();
    if (!audit.admits(
        asking,
        request.consumer(),
        request.keyring(),
        key,
        operation,
        serverName,
        new KeyUse.Done())) {
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.KEY_USE_NOT_AUDITED,
          "the audit log takes no more; see the lines of \"audit log\" on this member");
    }
  }
}
