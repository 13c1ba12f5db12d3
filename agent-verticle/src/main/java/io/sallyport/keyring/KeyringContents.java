package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a [Keyring] takes ownership of.
///
/// @param certificates the default first; may be empty
/// @param clientTrust null: no client's certificate can be verified
/// @param serverTrust null: no server's certificate can be verified
/// @param psks no identity twice; may be empty
record KeyringContents(
    List<CertifiedKey> certificates,
    @Nullable TrustSet clientTrust,
    @Nullable TrustSet serverTrust,
    List<PreSharedKey> psks) {
  KeyringContents {
    certificates = List.copyOf(certificates);
    psks = List.copyOf(psks);
  }

  /// Takes ownership of the material, whether it succeeds or not.
  ///
  /// @throws GeneralSecurityException when a private key or a certificate cannot be used here
  static KeyringContents of(List<KeyringEntry> entries) throws GeneralSecurityException {
    List<CertifiedKey> certificates = new ArrayList<>();
    List<PreSharedKey> psks = new ArrayList<>();
    TrustSet clientTrust = null;
    TrustSet serverTrust = null;
    try {
      for (KeyringEntry entry : entries) {
        switch (entry.material()) {
          case KeyMaterial.Certificate certificate ->
              certificates.add(certified(entry, certificate));
          case KeyMaterial.PreShared(String identity, SecretBytes secret) ->
              psks.add(new PreSharedKey(entry.serial(), identity, secret.copy(0, secret.length())));
          case KeyMaterial.Trust trust -> {
            TrustSet set = new TrustSet(entry.serial(), trust.anchors(), trust.crls());
            if (trust.type() == KeyMaterial.Type.CLIENT_TRUST) {
              clientTrust = set;
            } else {
              serverTrust = set;
            }
          }
        }
      }
      return new KeyringContents(certificates, clientTrust, serverTrust, psks);
    } catch (GeneralSecurityException | RuntimeException e) {
      certificates.forEach(key -> key.signingKey().close());
      psks.forEach(PreSharedKey::wipe);
      throw e;
    } finally {
      entries.forEach(entry -> entry.material().close());
    }
  }

  private static CertifiedKey certified(KeyringEntry entry, KeyMaterial.Certificate certificate)
      throws GeneralSecurityException {
    X509Certificate first = certificate.chain().getFirst();
    return new CertifiedKey(
        entry.serial(),
        entry.privateKey(),
        certificate.chain(),
        CertificateNames.of(first),
        certificate.privateKey().signingKey(),
        certificate.ocsp());
  }

  /// Wipes every private key and every secret.
  void wipe() {
    certificates.forEach(key -> key.signingKey().close());
    psks.forEach(PreSharedKey::wipe);
  }
}
