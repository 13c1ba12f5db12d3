package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KEM;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// ML-KEM-768 (FIPS 203) by the JDK: the client's share is a public key, the server's a secret
/// encapsulated for it.
///
/// Each half is for one handshake and one thread at a time. The JDK keeps private keys and secrets
/// on the heap and does not wipe them.
final class MlKem768 {
  /// Bytes of a client's share.
  static final int PUBLIC_KEY_LENGTH = 1184;

  /// Bytes of a server's share.
  static final int CIPHERTEXT_LENGTH = 1088;

  private static final String ALGORITHM = NamedParameterSpec.ML_KEM_768.getName();

  /// What stands before the public key in its SubjectPublicKeyInfo.
  private static final byte[] PUBLIC_KEY_INFO =
      HexFormat.of().parseHex("308204b2300b0609608648016503040402038204a100");

  private MlKem768() {}

  /// The half that makes a key pair, and opens what comes back.
  static TlsAgreement client(JdkTlsCrypto crypto) {
    return new Client(crypto);
  }

  /// The half that encapsulates a secret.
  static TlsAgreement server(JdkTlsCrypto crypto) {
    return new Server(crypto);
  }

  private static final class Client implements TlsAgreement {
    private final JdkTlsCrypto crypto;
    private @Nullable PrivateKey key;
    private byte[] ciphertext = {};

    Client(JdkTlsCrypto crypto) {
      this.crypto = crypto;
    }

    @Override
    public byte[] generateEphemeral() {
      try {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
        generator.initialize(NamedParameterSpec.ML_KEM_768, crypto.getSecureRandom());
        KeyPair pair = generator.generateKeyPair();
        key = pair.getPrivate();
        byte[] info = pair.getPublic().getEncoded();
        return Arrays.copyOfRange(info, info.length - PUBLIC_KEY_LENGTH, info.length);
      } catch (GeneralSecurityException e) {
        throw missing(e);
      }
    }

    @Override
    public void receivePeerValue(byte[] value) throws Refusal {
      if (value.length != CIPHERTEXT_LENGTH) {
        throw invalid("ciphertext of wrong length");
      }
      ciphertext = value;
    }

    @Override
    public TlsSecret calculateSecret() {
      PrivateKey own = key;
      if (own == null) {
        throw new IllegalStateException("no key pair was made");
      }
      key = null;
      try {
        KEM.Decapsulator decapsulator = KEM.getInstance(ALGORITHM).newDecapsulator(own);
        return new JdkTlsSecret(crypto, decapsulator.decapsulate(ciphertext).getEncoded());
      } catch (GeneralSecurityException e) {
        // A ciphertext of the right length is never refused: FIPS 203 §6.3 makes up a secret.
        throw missing(e);
      }
    }
  }

  private static final class Server implements TlsAgreement {
    private final JdkTlsCrypto crypto;
    private KEM.@Nullable Encapsulator encapsulator;
    private @Nullable TlsSecret secret;

    Server(JdkTlsCrypto crypto) {
      this.crypto = crypto;
    }

    /// The check of FIPS 203 §7.2 is the JDK's.
    @Override
    public void receivePeerValue(byte[] value) throws Refusal {
      if (value.length != PUBLIC_KEY_LENGTH) {
        throw invalid("public key of wrong length");
      }
      byte[] info = Arrays.copyOf(PUBLIC_KEY_INFO, PUBLIC_KEY_INFO.length + PUBLIC_KEY_LENGTH);
      System.arraycopy(value, 0, info, PUBLIC_KEY_INFO.length, PUBLIC_KEY_LENGTH);
      try {
        PublicKey key =
            KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(info));
        encapsulator = KEM.getInstance(ALGORITHM).newEncapsulator(key, crypto.getSecureRandom());
      } catch (InvalidKeyException e) {
        throw invalid("invalid public key");
      } catch (GeneralSecurityException e) {
        throw missing(e);
      }
    }

    @Override
    public byte[] generateEphemeral() {
      if (encapsulator == null) {
        throw new IllegalStateException("no public key was received");
      }
      KEM.Encapsulated encapsulated = encapsulator.encapsulate();
      secret = new JdkTlsSecret(crypto, encapsulated.key().getEncoded());
      return encapsulated.encapsulation();
    }

    @Override
    public TlsSecret calculateSecret() {
      TlsSecret shared = secret;
      if (shared == null) {
        throw new IllegalStateException("nothing was encapsulated");
      }
      secret = null;
      return shared;
    }
  }

  private static Refusal invalid(String reason) {
    return new Refusal(
        AlertDescription.illegal_parameter,
        FailureReason.BAD_KEY_SHARE,
        "peer's key share: ML-KEM-768 " + reason);
  }

  private static IllegalStateException missing(GeneralSecurityException e) {
    return new IllegalStateException("the JDK lacks an algorithm", e);
  }
}
