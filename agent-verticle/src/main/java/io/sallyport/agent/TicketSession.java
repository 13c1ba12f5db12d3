package io.sallyport.agent;

import org.bouncycastle.tls.SessionParameters;
import org.bouncycastle.tls.TlsSession;
import org.jspecify.annotations.Nullable;

/// A TLS 1.2 session that came back as a ticket.
///
/// A client may send the ticket with an empty session id (RFC 5077 §3.4); Bouncy Castle's own
/// session is not resumable then.
final class TicketSession implements TlsSession {
  private final byte[] sessionId;
  private @Nullable SessionParameters parameters;

  /// @param sessionId what the client sent, which is what it gets back
  TicketSession(byte[] sessionId, SessionParameters parameters) {
    this.sessionId = sessionId.clone();
    this.parameters = parameters;
  }

  @Override
  public @Nullable SessionParameters exportSessionParameters() {
    return parameters;
  }

  @Override
  public byte[] getSessionID() {
    return sessionId.clone();
  }

  @Override
  public void invalidate() {
    if (parameters != null) {
      parameters.clear();
      parameters = null;
    }
  }

  @Override
  public boolean isResumable() {
    return parameters != null;
  }
}
