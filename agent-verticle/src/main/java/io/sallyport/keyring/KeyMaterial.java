package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One key of a keyring, or whom it trusts, before it has a serial: what was read from files and
/// found good, or taken out of an envelope.
///
/// Secrets are off-heap. Whoever holds it closes it, which wipes them, or hands it to [Keyring#of].
/// Not thread-safe.
public sealed interface KeyMaterial extends AutoCloseable {
  /// What there is.
  enum Type {
    CERTIFICATE("certificate"),
    PRE_SHARED_KEY("psk"),
    CLIENT_TRUST("client-ca"),
    SERVER_TRUST("server-ca");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    /// The word for it in listings.
    @Override
    public String toString() {
      return text;
    }
  }

  /// A certificate chain, the private key of its first certificate, and what is stapled to that.
  ///
  /// @param chain the own certificate first, each followed by its issuer; at least one
  /// @param privateKey owned; belongs to the first certificate
  /// @param ocsp about the first certificate; null when nothing is stapled
  record Certificate(
      List<X509Certificate> chain, EncodedPrivateKey privateKey, @Nullable OcspResponse ocsp)
      implements KeyMaterial {
    public Certificate {
      chain = List.copyOf(chain);
    }

    @Override
    public Type type() {
      return Type.CERTIFICATE;
    }

    @Override
    public String label() {
      String subject = chain.getFirst().getSubjectX500Principal().getName();
      return subject.isEmpty() ? type().toString() : cut(subject);
    }

    @Override
    public void close() {
      privateKey.close();
    }
  }

  /// A secret that both peers have.
  ///
  /// @param identity 1 to 128 bytes of UTF-8
  /// @param secret 16 to 64 bytes, owned
  record PreShared(String identity, SecretBytes secret) implements KeyMaterial {
    @Override
    public Type type() {
      return Type.PRE_SHARED_KEY;
    }

    @Override
    public String label() {
      return cut(identity);
    }

    @Override
    public void close() {
      secret.close();
    }
  }

  /// Whose certificates are trusted.
  ///
  /// @param type [Type#CLIENT_TRUST] or [Type#SERVER_TRUST]
  /// @param anchors at least one
  /// @param crls empty: revocation is not looked at
  record Trust(Type type, List<X509Certificate> anchors, List<X509CRL> crls)
      implements KeyMaterial {
    public Trust {
      if (type != Type.CLIENT_TRUST && type != Type.SERVER_TRUST) {
        throw new IllegalArgumentException("trust of type " + type);
      }
      anchors = List.copyOf(anchors);
      crls = List.copyOf(crls);
    }

    @Override
    public String label() {
      return type.toString();
    }

    @Override
    public void close() {}
  }

  /// The longest label, in code points.
  int LABEL_LENGTH_MAX = 128;

  /// What kind it is.
  Type type();

  /// What people may call it, no secret: the subject of a certificate, the identity of a pre-shared
  /// key. It may have every character: escape it where it is printed.
  String label();

  @Override
  void close();

  private static String cut(String text) {
    return text.codePointCount(0, text.length()) <= LABEL_LENGTH_MAX
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LABEL_LENGTH_MAX));
  }
}
