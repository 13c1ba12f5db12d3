package io.sallyport.ticket;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/// What a ticket is tied to: a SHA-256 digest over the server certificate, the name and the
/// protocol of the session, and every rule it was made under. [TicketRules#bind] makes it.
///
/// A server computes it for the handshake at hand as if there were no ticket, and resumes only when
/// both are equal. So a ticket gets nobody a session that its own full handshake would not have:
/// not with another certificate, name or protocol, and not past a client authentication that is
/// asked for elsewhere or has become stricter since.
///
/// Immutable; equality takes the same time wherever the difference is.
public final class TicketBinding {
  /// Bytes of the digest.
  public static final int LENGTH = 32;

  private final byte[] digest;

  private TicketBinding(byte[] digest) {
    this.digest = digest;
  }

  static TicketBinding ofDigest(byte[] digest) {
    if (digest.length != LENGTH) {
      throw new IllegalArgumentException("found a digest of " + digest.length + " bytes");
    }
    return new TicketBinding(digest.clone());
  }

  byte[] digest() {
    return digest.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TicketBinding that && MessageDigest.isEqual(digest, that.digest);
  }

  @Override
  public int hashCode() {
    return ByteBuffer.wrap(digest).getInt();
  }

  @Override
  public String toString() {
    return "TicketBinding(" + Integer.toHexString(hashCode()) + ")";
  }
}
