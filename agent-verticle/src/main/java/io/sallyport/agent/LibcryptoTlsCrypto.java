package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.libcrypto.EvpKeyExchange;
import io.sallyport.ktls.libcrypto.EvpKeyExchange.Group;
import java.io.IOException;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// Adds key exchange on curves by libcrypto, the most costly part of a handshake beside the
/// signature.
final class LibcryptoTlsCrypto extends JdkTlsCrypto {
  /// The key pairs of this handshake that are between their two halves: one of a server, one for
  /// each share of a client.
  private final Set<EvpKeyExchange> keyExchanges = new HashSet<>();

  LibcryptoTlsCrypto(SecureRandom random) {
    super(random);
  }

  @Override
  TlsECDomain domain(TlsECConfig config) {
    return switch (config.getNamedGroup()) {
      case NamedGroup.x25519 -> () -> new Agreement(Group.X25519);
      case NamedGroup.secp256r1 -> () -> new Agreement(Group.P256);
      case NamedGroup.secp384r1 -> () -> new Agreement(Group.P384);
      case NamedGroup.secp521r1 -> () -> new Agreement(Group.P521);
      default -> super.domain(config);
    };
  }

  @Override
  public void close() {
    super.close();
    keyExchanges.forEach(EvpKeyExchange::close);
    keyExchanges.clear();
  }

  private final class Agreement implements TlsAgreement {
    private final Group group;
    private @Nullable EvpKeyExchange keyExchange;
    private byte[] peer = new byte[0];

    Agreement(Group group) {
      this.group = group;
    }

    @Override
    public byte[] generateEphemeral() {
      EvpKeyExchange generated = EvpKeyExchange.generate(group);
      keyExchanges.add(generated);
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
        own.close();
        keyExchanges.remove(own);
      }
    }
  }
}
