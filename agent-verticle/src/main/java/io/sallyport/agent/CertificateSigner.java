package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.SignatureScheme;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.DefaultTlsCredentialedSigner;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsSigner;
import org.bouncycastle.tls.crypto.TlsStreamSigner;
import org.jspecify.annotations.Nullable;

/// Signs a handshake with a key of a keyring, in the form Bouncy Castle asks for it.
record CertificateSigner(CertifiedKey key, SignatureScheme scheme) implements TlsSigner {
  /// @param chain the chain of the key, as the version of this handshake sends it
  TlsCredentials credentials(TlsContext context, Certificate chain) {
    return new DefaultTlsCredentialedSigner(
        new TlsCryptoParameters(context), this, chain, SchemeChoice.wireForm(scheme));
  }

  @Override
  public byte[] generateRawSignature(SignatureAndHashAlgorithm algorithm, byte[] digest) {
    return key.signingKey().sign(scheme, digest);
  }

  @Override
  public @Nullable TlsStreamSigner getStreamSigner(SignatureAndHashAlgorithm algorithm) {
    return null;
  }
}
