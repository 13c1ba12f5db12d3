package io.sallyport.agent;

import io.sallyport.ktls.libcrypto.Libcrypto;
import java.io.IOException;
import java.security.SecureRandom;
import org.bouncycastle.tls.EncryptionAlgorithm;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsHash;
import org.bouncycastle.tls.crypto.TlsNonceGenerator;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.AbstractTlsSecret;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipher;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/// Cryptography of one handshake: hashes, the key schedule and AES-GCM by the JDK, whose are many
/// times faster; the rest by Bouncy Castle.
///
/// For one handshake and one thread at a time. [#close()] frees what it holds outside the heap.
class JdkTlsCrypto extends BcTlsCrypto implements AutoCloseable {
  private static final int TAG_LENGTH = 16;

  JdkTlsCrypto(SecureRandom random) {
    super(random);
  }

  /// With libcrypto where it can be used.
  static JdkTlsCrypto probe(SecureRandom random) {
    return Libcrypto.isAvailable() ? new LibcryptoTlsCrypto(random) : new JdkTlsCrypto(random);
  }

  @Override
  public TlsHash createHash(int algorithm) {
    return JdkHash.supports(algorithm) ? new JdkHash(algorithm) : super.createHash(algorithm);
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
    return switch (encryptionAlgorithm) {
      case EncryptionAlgorithm.AES_128_GCM -> gcm(parameters, 16);
      case EncryptionAlgorithm.AES_256_GCM -> gcm(parameters, 32);
      default -> super.createCipher(parameters, encryptionAlgorithm, macAlgorithm);
    };
  }

  private static TlsCipher gcm(TlsCryptoParameters parameters, int keyLength) throws IOException {
    return new TlsAEADCipher(
        parameters,
        JdkGcm.forSealing(),
        JdkGcm.forOpening(),
        keyLength,
        TAG_LENGTH,
        TlsAEADCipher.AEAD_GCM,
        null);
  }

  @Override
  public void close() {}

  /// Bouncy Castle's hash numbers, as far as the suites here need them.
  static String jdkName(int algorithm) {
    return switch (algorithm) {
      case CryptoHashAlgorithm.sha256 -> "SHA-256";
      case CryptoHashAlgorithm.sha384 -> "SHA-384";
      default -> throw new IllegalArgumentException("hash " + algorithm);
    };
  }
}
