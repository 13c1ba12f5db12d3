package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.SignatureScheme;

/// How a server authenticates in one handshake.
///
/// @param key certificate and private key
/// @param scheme how the key signs
/// @param suite a cipher suite that the key fits
record ServerSelection(CertifiedKey key, SignatureScheme scheme, Suite suite) {
  CertificateSigner signer(KeyPurpose purpose, SignatureAudit audit) {
    return new CertificateSigner(key, scheme, purpose, audit);
  }
}
