package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.libcrypto.EvpKeyExchange;
import io.sallyport.ktls.libcrypto.EvpKeyExchange.Group;
import java.io.IOException;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// Adds key exchange by libcrypto, the most costly part of a handshake beside the signature.
final class LibcryptoTlsCrypto extends JdkTlsCrypto {
  /// The key pair of this handshake, between its two halves.
  private @Nullable EvpKeyExchange keyExchange;

  LibcryptoTlsCrypto(SecureRandom random) {
    super(random);
  }

  @Override
  public TlsECDomain createECDomain(TlsECConfig config) {
    return switch (config.getNamedGroup()) {
      case NamedGroup.x25519 -> () -> new Agreement(Group.X25519);
      case NamedGroup.secp256r1 -> () -> new Agreement(Group.P256);
      case NamedGroup.secp384r1 -> () -> new Agreement(Group.P384);
      default -> super.createECDomain(config);
    };
  }

  @Override
  public void close() {
    if (keyExchange != null) {
      keyExchange.close();
      keyExchange = null;
    }
  }

  private final class Agreement implements TlsAgreement {
    private final Group group;
    private byte[] peer = new byte[0];

    Agreement(Group group) {
      this.group = group;
    }

    @Override
    public byte[] generateEphemeral() {
      close();
      EvpKeyExchange generated = EvpKeyExchange.generate(group);
      keyExchange = generated;
      return generated.publicKey();
    }

    @Override
    public void receivePeerValue(byte[] value) {
      peer = value;
    }

    @Override
    public TlsSecret calculateSecret() throws IOException {
      EvpKeyExchange own = keyExchange;
      if (own == null) {
        throw new IllegalStateException("no key pair was made");
      }
      try {
        return new JdkTlsSecret(LibcryptoTlsCrypto.this, own.derive(peer));
      } catch (InvalidKeyException e) {
        throw new Refusal(
            AlertDescription.illegal_parameter,
            FailureReason.BAD_KEY_SHARE,
            "peer's key share: " + e.getMessage());
      } finally {
        close();
      }
    }
  }
}
