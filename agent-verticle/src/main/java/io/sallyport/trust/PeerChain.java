package io.sallyport.trust;

import io.sallyport.handshake.FailureReason;
import io.sallyport.trust.Verdict.Untrusted;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.NoSuchProviderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The certificates that a peer sent, decoded, each once.
///
/// @param leaf the peer's own
/// @param others in the order they came in; nothing else is assumed of them
record PeerChain(X509Certificate leaf, List<X509Certificate> others) {
  /// Decodes them strictly: DER, one certificate each, nothing behind it, and every extension that
  /// a rule depends on can be read.
  ///
  /// @param der not empty
  /// @throws MalformedException saying which cannot be read, for an operator
  static PeerChain read(List<byte[]> der) throws MalformedException {
    Set<X509Certificate> certificates = new LinkedHashSet<>();
    for (int i = 0; i < der.size(); i++) {
      certificates.add(read(der.get(i), i));
    }
    List<X509Certificate> all = List.copyOf(certificates);
    return new PeerChain(all.getFirst(), all.subList(1, all.size()));
  }

  private static X509Certificate read(byte[] der, int index) throws MalformedException {
    X509Certificate certificate;
    try {
      // The SUN factory by name: what it overlooks is known, and made good for below.
      CertificateFactory factory = CertificateFactory.getInstance("X.509", "SUN");
      certificate = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
      // It also takes PEM, BER and trailing bytes.
      if (certificate == null || !Arrays.equals(certificate.getEncoded(), der)) {
        throw new MalformedException("certificate " + index + " is no single DER certificate");
      }
    } catch (CertificateException | NoSuchProviderException | RuntimeException e) {
      throw new MalformedException(
          "certificate " + index + " cannot be decoded: " + e.getMessage());
    }
    String unreadable = unreadableExtension(certificate);
    if (unreadable != null) {
      throw new MalformedException(
          CertificateLabel.of(certificate) + " has a " + unreadable + " that cannot be read");
    }
    return certificate;
  }

  /// The JDK passes over extensions that it cannot read unless they are critical: a rule that hangs
  /// on one would not be applied.
  private static @Nullable String unreadableExtension(X509Certificate certificate) {
    try {
      if (has(certificate, Extensions.KEY_USAGE) && certificate.getKeyUsage() == null) {
        return "keyUsage";
      }
      if (has(certificate, Extensions.EXTENDED_KEY_USAGE)
          && certificate.getExtendedKeyUsage() == null) {
        return "extKeyUsage";
      }
      if (has(certificate, Extensions.SUBJECT_ALTERNATIVE_NAME)
          && certificate.getSubjectAlternativeNames() == null) {
        return "subjectAltName";
      }
    } catch (CertificateParsingException _) {
      return "extKeyUsage or subjectAltName";
    }
    try {
      byte[] constraints = Extensions.value(certificate, Extensions.NAME_CONSTRAINTS);
      new X509CertSelector().setNameConstraints(constraints);
    } catch (IOException _) {
      return "nameConstraints";
    }
    return null;
  }

  private static boolean has(X509Certificate certificate, String oid) {
    return certificate.getExtensionValue(oid) != null;
  }

  /// Certificates that cannot be decoded; the message is for an operator.
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;

    private MalformedException(String message) {
      super(message);
    }

    Untrusted verdict() {
      return new Untrusted(FailureReason.CERTIFICATE_MALFORMED, String.valueOf(getMessage()));
    }
  }
}
