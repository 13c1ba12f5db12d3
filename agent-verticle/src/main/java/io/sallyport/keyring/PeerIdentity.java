package io.sallyport.keyring;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who a peer proved to be by a certificate, without the certificate.
///
/// The texts come from whoever issued the certificate and may have every character: escape them
/// where they are printed.
///
/// @param subject as RFC 2253 writes it; may be empty
/// @param names dNSNames, URIs and e-mail addresses of the subjectAltName, in its order, as they
///   stand there
/// @param sha256 of the certificate in DER, as 64 hexadecimal digits in lower case; two identities
///   are of one certificate exactly when these are the same
/// @param notAfter when the certificate expires
public record PeerIdentity(String subject, List<String> names, String sha256, Instant notAfter) {
  private static final int RFC822_NAME = 1;
  private static final int DNS_NAME = 2;
  private static final int URI = 6;

  public PeerIdentity {
    names = List.copyOf(names);
  }

  /// The identity of a verified certificate.
  ///
  /// @throws CertificateParsingException when its subjectAltName is broken
  public static PeerIdentity of(X509Certificate certificate) throws CertificateParsingException {
    return new PeerIdentity(
        certificate.getSubjectX500Principal().getName(),
        names(certificate.getSubjectAlternativeNames()),
        sha256(certificate),
        certificate.getNotAfter().toInstant());
  }

  private static List<String> names(@Nullable Collection<List<?>> names) {
    return names == null
        ? List.of()
        : names.stream().filter(PeerIdentity::isText).map(name -> (String) name.get(1)).toList();
  }

  private static boolean isText(List<?> name) {
    return name.get(0).equals(DNS_NAME)
        || name.get(0).equals(URI)
        || name.get(0).equals(RFC822_NAME);
  }

  static String sha256(X509Certificate certificate) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return HexFormat.of().formatHex(digest);
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("found no DER, expected what was read from it", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }
}
