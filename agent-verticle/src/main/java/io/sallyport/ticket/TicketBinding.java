package io.sallyport.ticket;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a ticket is tied to: a SHA-256 digest over the server certificate, the name and the
/// protocol of the session, and every rule it was made under.
///
/// A server computes it for the handshake at hand as if there were no ticket, and resumes only when
/// both are equal. So a ticket gets nobody a session that its own full handshake would not have:
/// not with another certificate, name or protocol, and not past a client authentication that is
/// asked for elsewhere or has become stricter since. The digest is over an encoding in which every
/// field has its length in front and an absent one differs from an empty one, behind a label that
/// no other use of the hash has.
///
/// Immutable; equality takes the same time wherever the difference is.
public final class TicketBinding {
  /// Bytes of the digest.
  public static final int LENGTH = 32;

  private static final String LABEL = "sallyport ticket binding 1";

  private final byte[] digest;

  private TicketBinding(byte[] digest) {
    this.digest = digest;
  }

  /// The binding of a session, or of the one that a full handshake would make.
  ///
  /// @param serverCertificate DER of the certificate that a full handshake presents
  /// @param serverName the host name asked for, as the handshake understood it
  /// @param alpn the application protocol that is agreed on
  public static TicketBinding of(
      TicketPolicy policy,
      byte[] serverCertificate,
      @Nullable String serverName,
      @Nullable String alpn) {
    Encoding fields = new Encoding();
    fields.text(LABEL);
    fields.bytes(sha256(serverCertificate));
    fields.optional(serverName);
    fields.optional(alpn);
    fields.text(policy.keyring());
    fields.number(policy.minVersion().wire());
    fields.number(policy.maxVersion().wire());
    fields.numbers(policy.cipherSuites());
    fields.numbers(policy.groups());
    fields.texts(policy.alpn());
    fields.number(policy.strictSni() ? 1 : 0);
    fields.text(policy.clientAuth());
    fields.text(policy.trustSet());
    fields.texts(policy.clientNames().stream().sorted().toList());
    return new TicketBinding(sha256(fields.toByteArray()));
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

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
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

  private static final class Encoding {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    void number(int number) {
      out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
    }

    void bytes(byte[] bytes) {
      number(bytes.length);
      out.writeBytes(bytes);
    }

    void text(String text) {
      bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    void optional(@Nullable String text) {
      texts(text == null ? List.of() : List.of(text));
    }

    void texts(Collection<String> texts) {
      number(texts.size());
      texts.forEach(this::text);
    }

    void numbers(Collection<Integer> numbers) {
      number(numbers.size());
      numbers.forEach(this::number);
    }

    byte[] toByteArray() {
      return out.toByteArray();
    }
  }
}
