package io.sallyport.agent;

import io.sallyport.keyring.PeerIdentity;
import io.sallyport.ktls.SecretBytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A session that a client may take up again with its server. Immutable; whoever holds it closes
/// it.
final class ClientSession implements AutoCloseable {
  private final Suite suite;
  private final SecretBytes secret;
  private final byte[] ticket;
  private final int ageAdd;
  private final long receivedMs;
  private final long expiresMs;
  private final @Nullable PeerIdentity server;

  /// @param suite of the session; in TLS 1.3 only its hash binds
  /// @param secret the PSK of TLS 1.3, the master secret of TLS 1.2; owned
  /// @param ticket the server's, not to be looked into; owned
  /// @param ageAdd what the server wants added to the ticket's age; 0 in TLS 1.2
  /// @param receivedMs when the ticket came, in milliseconds of the epoch
  /// @param expiresMs from when on it must not be used: its lifetime, or the server's certificate,
  ///   is over then
  /// @param server who the server proved to be in the full handshake; null for nobody. Not its
  ///   serial, which may be forgotten before the session is
  ClientSession(
      Suite suite,
      SecretBytes secret,
      byte[] ticket,
      int ageAdd,
      long receivedMs,
      long expiresMs,
      @Nullable PeerIdentity server) {
    this.suite = suite;
    this.secret = secret;
    this.ticket = ticket;
    this.ageAdd = ageAdd;
    this.receivedMs = receivedMs;
    this.expiresMs = expiresMs;
    this.server = server;
  }

  ClientSession copy() {
    return new ClientSession(
        suite, secret.copy(0, secret.length()), ticket, ageAdd, receivedMs, expiresMs, server);
  }

  Suite suite() {
    return suite;
  }

  /// Whether both are of the same ticket.
  boolean isOf(ClientSession other) {
    return Arrays.equals(ticket, other.ticket);
  }

  /// A copy.
  byte[] ticket() {
    return ticket.clone();
  }

  long expiresMs() {
    return expiresMs;
  }

  @Nullable PeerIdentity server() {
    return server;
  }

  /// RFC 9846 §4.3.11 (8446 §4.2.11.1): in milliseconds, modulo 2^32.
  int obfuscatedAge(long nowMs) {
    return (int) (nowMs - receivedMs) + ageAdd;
  }

  /// The secret on the heap, for as long as Bouncy Castle needs it.
  byte[] revealed() {
    byte[] bytes = new byte[secret.length()];
    secret.reveal().getBytes(0, bytes);
    return bytes;
  }

  @Override
  public void close() {
    secret.close();
  }

  @Override
  public String toString() {
    return "ClientSession(" + suite + ")";
  }
}
