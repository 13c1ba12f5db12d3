package io.sallyport.ticket;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The part of a [TicketBinding] that all sessions of a listener and a server certificate share:
/// digested once, since there is more of it than of what the sessions differ in.
///
/// Both digests are SHA-256 over an encoding in which every field has its length in front and an
/// absent one differs from an empty one, behind a label that no other use of the hash has. Any
/// thread.
public final class TicketRules {
  private static final String LABEL = "sallyport ticket rules 1";
  private static final String BINDING_LABEL = "sallyport ticket binding 2";

  /// What was bound last.
  private record Bound(@Nullable String serverName, @Nullable String alpn, TicketBinding binding) {
    boolean isOf(@Nullable String name, @Nullable String protocol) {
      return Objects.equals(serverName, name) && Objects.equals(alpn, protocol);
    }
  }

  private final byte[] digest;

  /// Most sessions ask for the same name. Replaced whole, so that any thread may.
  private volatile @Nullable Bound last;

  private TicketRules(byte[] digest) {
    this.digest = digest;
  }

  /// The rules of a listener and a certificate.
  ///
  /// @param serverCertificate DER of the certificate that a full handshake presents
  public static TicketRules of(TicketPolicy policy, byte[] serverCertificate) {
    Encoding fields = new Encoding();
    fields.text(LABEL);
    fields.bytes(serverCertificate);
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
    return new TicketRules(fields.sha256());
  }

  /// The binding of a session, or of the one that a full handshake would make.
  ///
  /// @param serverName the host name asked for, as the handshake understood it
  /// @param alpn the application protocol that is agreed on
  public TicketBinding bind(@Nullable String serverName, @Nullable String alpn) {
    Bound before = last;
    if (before != null && before.isOf(serverName, alpn)) {
      return before.binding();
    }
    TicketBinding binding = digest(serverName, alpn);
    last = new Bound(serverName, alpn, binding);
    return binding;
  }

  private TicketBinding digest(@Nullable String serverName, @Nullable String alpn) {
    Encoding fields = new Encoding();
    fields.text(BINDING_LABEL);
    fields.bytes(digest);
    fields.optional(serverName);
    fields.optional(alpn);
    return TicketBinding.ofDigest(fields.sha256());
  }

  @Override
  public String toString() {
    return "TicketRules(" + Integer.toHexString(ByteBuffer.wrap(digest).getInt()) + ")";
  }

  private static final class Encoding {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    void number(int number) {
      for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
        out.write(number >> shift);
      }
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

    byte[] sha256() {
      try {
        return MessageDigest.getInstance("SHA-256").digest(out.toByteArray());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("the JDK lacks an algorithm", e);
      }
    }
  }
}
