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

/// How a server authenticates in one handshake.
///
/// @param key certificate and private key
/// @param scheme how the key signs
/// @param suite a cipher suite that the key fits
record ServerSelection(CertifiedKey key, SignatureScheme scheme, Suite suite) {
  TlsCredentials credentials(TlsContext context, ServerChains chains) {
    Certificate chain =
        switch (suite.version()) {
          case TLS_1_2 -> chains.of(key).tls12();
          case TLS_1_3 -> chains.of(key).tls13();
        };
    return new DefaultTlsCredentialedSigner(
        new TlsCryptoParameters(context), new Signer(), chain, wireForm(scheme));
  }

  /// TLS 1.2 writes a scheme as hash and signature, one byte each; the numbers are the same.
  private static SignatureAndHashAlgorithm wireForm(SignatureScheme scheme) {
    return SignatureAndHashAlgorithm.getInstance(
        (short) (scheme.number() >> Byte.SIZE), (short) (scheme.number() & 0xFF));
  }

  private final class Signer implements TlsSigner {
    @Override
    public byte[] generateRawSignature(SignatureAndHashAlgorithm algorithm, byte[] digest) {
      return key.signingKey().sign(scheme, digest);
    }

    @Override
    public @Nullable TlsStreamSigner getStreamSigner(SignatureAndHashAlgorithm algorithm) {
      return null;
    }
  }
}
