package io.sallyport.keyring;

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

  /// Wipes every private key and every secret.
  void wipe() {
    certificates.forEach(key -> key.signingKey().close());
    psks.forEach(PreSharedKey::wipe);
  }
}
