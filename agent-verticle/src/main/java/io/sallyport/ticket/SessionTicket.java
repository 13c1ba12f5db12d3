package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;

/// What a server must know to resume a session: the facts, and the secret.
///
/// Owns the secret, off-heap: the master secret of TLS 1.2, or the PSK that TLS 1.3 derives for
/// this one ticket from its nonce. Whoever holds the ticket closes it. Not thread-safe.
public final class SessionTicket implements AutoCloseable {
  private final TicketFacts facts;
  private final SecretBytes secret;

  /// Takes ownership of `secret`, also when it throws.
  ///
  /// @throws IllegalArgumentException when the secret is not as long as the facts demand
  public SessionTicket(TicketFacts facts, SecretBytes secret) {
    if (secret.length() != facts.secretLength()) {
      int found = secret.length();
      secret.close();
      throw new IllegalArgumentException(
          "found a secret of " + found + " bytes, expected " + facts.secretLength());
    }
    this.facts = facts;
    this.secret = secret;
  }

  /// All but the secret.
  public TicketFacts facts() {
    return facts;
  }

  /// The secret, which stays this object's.
  public SecretBytes secret() {
    return secret;
  }

  /// Wipes the secret. Closing twice does nothing.
  @Override
  public void close() {
    secret.close();
  }

  @Override
  public String toString() {
    return "SessionTicket(" + facts.version() + ")";
  }
}
