package io.sallyport.agent;

import java.io.IOException;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsServerProtocol;

/// Bouncy Castle's server, with a look at every handshake record before it acts on it.
final class ServerProtocol extends TlsServerProtocol {
  private final MessageWalker messages = new MessageWalker();

  @Override
  protected void processRecord(short type, byte[] content, int offset, int length)
      throws IOException {
    if (type == ContentType.handshake) {
      messages.walk(content, offset, length);
    }
    super.processRecord(type, content, offset, length);
  }

  /// Ends the handshake for a reason that lies outside of any message: writes the alert, under
  /// whatever keys are in force.
  void refuse(TlsFatalAlert refusal) throws IOException {
    handleException(refusal.getAlertDescription(), "refused", refusal);
  }

  /// Wipes the secrets of a handshake that nobody waits for.
  void abandon() {
    cleanupHandshake();
  }
}
