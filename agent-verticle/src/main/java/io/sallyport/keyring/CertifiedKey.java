package io.sallyport.keyring;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A certificate chain, the private key of its first certificate, and what is stapled to that.
///
/// Immutable but for the key, which its [Keyring] closes. Any thread may use it while the keyring
/// is retained.
public final class CertifiedKey {
  private final KeySerial certificate;
  private final KeySerial privateKey;
  private final List<X509Certificate> chain;
  private final CertificateNames names;
  private final SigningKey signingKey;
  private final @Nullable OcspResponse ocsp;
  private final String sha256;

  CertifiedKey(
      KeySerial certificate,
      KeySerial privateKey,
      List<X509Certificate> chain,
      CertificateNames names,
      SigningKey signingKey,
      @Nullable OcspResponse ocsp) {
    this.certificate = certificate;
    this.privateKey = privateKey;
    this.chain = List.copyOf(chain);
    this.names = names;
    this.signingKey = signingKey;
    this.ocsp = ocsp;
    sha256 = PeerIdentity.sha256(this.chain.getFirst());
  }

  /// Serial of the certificate.
  public KeySerial certificate() {
    return certificate;
  }

  /// Serial of the private key.
  public KeySerial privateKey() {
    return privateKey;
  }

  /// SHA-256 of the certificate in DER, as 64 hexadecimal digits in lower case.
  public String sha256() {
    return sha256;
  }

  /// The own certificate first, each followed by its issuer.
  public List<X509Certificate> chain() {
    return chain;
  }

  /// The private key.
  public SigningKey signingKey() {
    return signingKey;
  }

  /// What its issuer says about the first certificate, if that is known; it may be outdated.
  public Optional<OcspResponse> ocsp() {
    return Optional.ofNullable(ocsp);
  }

  CertificateNames names() {
    return names;
  }
}
