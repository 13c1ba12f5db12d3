package io.sallyport.trust;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import javax.security.auth.x500.X500Principal;

/// Names certificates in details, as short as tells them apart.
final class CertificateLabel {
  private static final int NAME_LENGTH_MAX = 80;
  private static final int DIGEST_LENGTH = 4;

  private CertificateLabel() {}

  /// `certificate CN=alice (sha256 01234567)`: the digest's first bytes.
  static String of(X509Certificate certificate) {
    return "certificate "
        + of(certificate.getSubjectX500Principal())
        + " (sha256 "
        + digest(certificate)
        + ")";
  }

  /// A name, cut when it is long.
  static String of(X500Principal name) {
    String text = name.getName();
    if (text.isEmpty()) {
      return "without a subject";
    }
    return text.length() <= NAME_LENGTH_MAX ? text : text.substring(0, NAME_LENGTH_MAX) + "...";
  }

  private static String digest(X509Certificate certificate) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return HexFormat.of().formatHex(digest, 0, DIGEST_LENGTH);
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("a certificate without an encoding", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }
}
