package io.sallyport.agent;

import java.io.IOException;
import org.bouncycastle.tls.TlsFatalAlert;

/// Bouncy Castle's state machine of one side, as a [Handshake] drives it: bytes in, bytes out.
///
/// The methods without a comment are Bouncy Castle's own.
interface HandshakeProtocol {
  /// Starts; a client has its ClientHello to send then.
  void begin() throws IOException;

  void offerInput(byte[] record) throws IOException;

  int getAvailableOutputBytes();

  int readOutput(byte[] target, int offset, int length);

  /// What the peer sent so far.
  MessageWalker received();

  /// Ends the handshake for a reason that lies outside of any message: writes the alert, under
  /// whatever keys are in force.
  void refuse(TlsFatalAlert refusal) throws IOException;

  /// Wipes the secrets of a handshake that nobody waits for.
  void abandon();
}
