package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.libcrypto.Libcrypto;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.EncryptionAlgorithm;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsHash;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.bouncycastle.tls.crypto.TlsKemDomain;
import org.bouncycastle.tls.crypto.TlsNonceGenerator;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.AbstractTlsSecret;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipher;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.jspecify.annotations.Nullable;

/// Cryptography of one handshake: hashes, the key schedule, AES-GCM and ML-KEM by the JDK, whose
/// are faster; the rest by Bouncy Castle.
///
/// For one handshake and one thread at a time. [#close()] frees what it holds outside the heap.
class JdkTlsCrypto extends BcTlsCrypto implements AutoCloseable {
  private static final int TAG_LENGTH = 16;

  private final List<TlsSecret> held = new ArrayList<>();
  private int namedGroup = -1;

  private @Nullable JdkHmac hmacSha256;
  private @Nullable JdkHmac hmacSha384;

  JdkTlsCrypto(SecureRandom random) {
    super(random);
  }

  /// The group of the last key exchange; -1 before it. In TLS 1.2 Bouncy Castle does not tell.
  final int namedGroup() {
    return namedGroup;
  }

  /// With libcrypto where it can be used.
  static JdkTlsCrypto probe(SecureRandom random) {
    return Libcrypto.isAvailable() ? new LibcryptoTlsCrypto(random) : new JdkTlsCrypto(random);
  }

  @Override
  public TlsHash createHash(int algorithm) {
    return JdkHash.supports(algorithm) ? new JdkHash(algorithm) : super.createHash(algorithm);
  }

  /// @param algorithm one that [JdkHash] supports
  final JdkHmac hmac(int algorithm) {
    if (algorithm == CryptoHashAlgorithm.sha384) {
      if (hmacSha384 == null) {
        hmacSha384 = new JdkHmac(algorithm);
      }
      return hmacSha384;
    }
    if (hmacSha256 == null) {
      hmacSha256 = new JdkHmac(algorithm);
    }
    return hmacSha256;
  }

  @Override
  public TlsSecret createSecret(byte[] data) {
    return new JdkTlsSecret(this, data.clone());
  }

  @Override
  public TlsSecret hkdfInit(int algorithm) {
    return new JdkTlsSecret(this, new byte[TlsCryptoUtils.getHashOutputSize(algorithm)]);
  }

  @Override
  public TlsSecret adoptSecret(TlsSecret secret) {
    return secret instanceof AbstractTlsSecret known
        ? JdkTlsSecret.copyOf(this, known)
        : super.adoptSecret(secret);
  }

  /// A certificate that cannot be decoded is its owner's fault (RFC 9846 §6.2), which Bouncy Castle
  /// does not say.
  @Override
  public TlsCertificate createCertificate(short type, byte[] encoding) throws IOException {
    try {
      return super.createCertificate(type, encoding);
    } catch (TlsFatalAlert e) {
      throw e;
    } catch (IOException | RuntimeException _) {
      throw new Refusal(
          AlertDescription.bad_certificate,
          FailureReason.CERTIFICATE_MALFORMED,
          "peer sent a certificate that cannot be decoded");
    }
  }

  /// The two secrets one behind the other; both are spent.
  @Override
  public TlsSecret createHybridSecret(TlsSecret first, TlsSecret second) {
    byte[] head = first.extract();
    byte[] tail = second.extract();
    byte[] both = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, both, head.length, tail.length);
    Arrays.fill(head, (byte) 0);
    Arrays.fill(tail, (byte) 0);
    return new JdkTlsSecret(this, both);
  }

  @Override
  public final TlsECDomain createECDomain(TlsECConfig config) {
    namedGroup = config.getNamedGroup();
    return domain(config);
  }

  TlsECDomain domain(TlsECConfig config) {
    TlsECDomain domain = super.createECDomain(config);
    KeyExchangeGroup group = KeyExchangeGroup.of(config.getNamedGroup());
    return group == null ? domain : () -> new CheckedAgreement(this, group, domain.createECDH());
  }

  @Override
  public TlsKemDomain createKemDomain(TlsKemConfig config) {
    if (config.getNamedGroup() != NamedGroup.MLKEM768) {
      return super.createKemDomain(config);
    }
    return config.isServer() ? () -> MlKem768.server(this) : () -> MlKem768.client(this);
  }

  /// Bouncy Castle's own stretches a seed by hashing, for every nonce anew.
  @Override
  public TlsNonceGenerator createNonceGenerator(byte[] additionalSeedMaterial) {
    return size -> {
      byte[] nonce = new byte[size];
      getSecureRandom().nextBytes(nonce);
      return nonce;
    };
  }

  @Override
  public TlsCipher createCipher(
      TlsCryptoParameters parameters, int encryptionAlgorithm, int macAlgorithm)
      throws IOException {
    return isApplicationPhase(parameters)
        ? new AlertCipher(() -> handshakeCipher(parameters, encryptionAlgorithm, macAlgorithm))
        : handshakeCipher(parameters, encryptionAlgorithm, macAlgorithm);
  }

  /// In TLS 1.3 a server that has sent its Finished asks for the application keys next. In TLS 1.2
  /// there are only one server's keys, and its Finished comes after them.
  private static boolean isApplicationPhase(TlsCryptoParameters parameters) {
    return ProtocolVersion.TLSv13.equals(parameters.getServerVersion())
        && parameters.getSecurityParametersHandshake().getLocalVerifyData() != null;
  }

  private TlsCipher handshakeCipher(
      TlsCryptoParameters parameters, int encryptionAlgorithm, int macAlgorithm)
      throws IOException {
    return new HandshakeCipher(
        switch (encryptionAlgorithm) {
          case EncryptionAlgorithm.AES_128_GCM -> gcm(parameters, 16);
          case EncryptionAlgorithm.AES_256_GCM -> gcm(parameters, 32);
          default -> super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
        });
  }

  private static TlsCipher gcm(TlsCryptoParameters parameters, int keyLength) throws IOException {
    JdkGcm.Pair both = JdkGcm.pair();
    return new TlsAEADCipher(
        parameters,
        both.sealing(),
        both.opening(),
        keyLength,
        TAG_LENGTH,
        TlsAEADCipher.AEAD_GCM,
        null);
  }

  /// Destroys `secret` with this object, unless somebody does before.
  final <T extends JdkTlsSecret> T hold(T secret) {
    held.add(secret);
    return secret;
  }

  @Override
  public void close() {
    held.forEach(TlsSecret::destroy);
    held.clear();
  }
}
