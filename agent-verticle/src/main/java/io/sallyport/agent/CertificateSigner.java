package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyElsewhereException;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.LocalSigningKey;
import io.sallyport.keyring.RemoteSigningKey;
import io.sallyport.keyring.SignatureScheme;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import org.bouncycastle.tls.AlertDescription;
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
///
/// @param purpose for whoever holds the key
/// @param audit of keys that are here; elsewhere its holder has one
record CertificateSigner(
    CertifiedKey key, SignatureScheme scheme, KeyPurpose purpose, SignatureAudit audit)
    implements TlsSigner {
  /// @param chain the chain of the key, as the version of this handshake sends it
  TlsCredentials credentials(TlsContext context, Certificate chain) {
    return new DefaultTlsCredentialedSigner(
        new TlsCryptoParameters(context), this, chain, SchemeChoice.wireForm(scheme));
  }

  /// With a key that is here.
  @Override
  public byte[] generateRawSignature(SignatureAndHashAlgorithm algorithm, byte[] digest)
      throws Refusal {
    return switch (key.signingKey()) {
      case LocalSigningKey local -> {
        byte[] signature = local.sign(scheme, digest);
        audit.require(key.privateKey(), purpose.serverName());
        yield signature;
      }
      case RemoteSigningKey _ -> throw new IllegalStateException("its holder wants the content");
    };
  }

  /// With a key that another member holds.
  @Override
  public @Nullable TlsStreamSigner getStreamSigner(SignatureAndHashAlgorithm algorithm) {
    return switch (key.signingKey()) {
      case LocalSigningKey _ -> null;
      case RemoteSigningKey remote -> new RemoteSigner(remote);
    };
  }

  private final class RemoteSigner implements TlsStreamSigner {
    private final RemoteSigningKey remote;
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();

    RemoteSigner(RemoteSigningKey remote) {
      this.remote = remote;
    }

    @Override
    public OutputStream getOutputStream() {
      return content;
    }

    @Override
    public byte[] getSignature() throws Refusal {
      try {
        return remote.sign(scheme, content.toByteArray(), purpose);
      } catch (KeyElsewhereException e) {
        throw new Refusal(
            AlertDescription.internal_error,
            switch (e.why()) {
              case UNREACHABLE -> FailureReason.KEY_HOLDER_UNREACHABLE;
              case REFUSED -> FailureReason.KEY_HOLDER_REFUSED;
              case BUSY -> FailureReason.KEY_HOLDER_BUSY;
            },
            String.valueOf(e.getMessage()));
      }
    }
  }
}
