package io.sallyport.agent;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import java.util.Arrays;
import org.bouncycastle.tls.ExporterLabel;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// Turns the secrets of a finished handshake into keys for the record layer.
///
/// The sequence numbers follow from the protocol: TLS 1.3 begins application keys with record 0,
/// and TLS 1.2 has spent record 0 of its only keys on the Finished messages.
final class KtlsInstaller {
  private static final int TLS_1_2_REC_SEQ = 1;

  private KtlsInstaller() {}

  /// Keys for both directions, as this side has them. The caller closes them.
  ///
  /// Must be called while the handshake completes: later its secrets are gone.
  static SessionKeys keys(SecurityParameters parameters, boolean server) {
    Suite suite = Suite.of(parameters.getCipherSuite());
    return switch (suite.version()) {
      case TLS_1_3 ->
          server
              ? keysTls13(
                  parameters,
                  suite.cipherType(),
                  parameters.getTrafficSecretServer(),
                  parameters.getTrafficSecretClient())
              : keysTls13(
                  parameters,
                  suite.cipherType(),
                  parameters.getTrafficSecretClient(),
                  parameters.getTrafficSecretServer());
      case TLS_1_2 -> keysTls12(parameters, suite.cipherType(), server);
    };
  }

  private static SessionKeys keysTls13(
      SecurityParameters parameters, CipherType cipher, TlsSecret sending, TlsSecret receiving) {
    TrafficSecret.Hash hash =
        parameters.getPRFCryptoHashAlgorithm() == CryptoHashAlgorithm.sha384
            ? TrafficSecret.Hash.SHA384
            : TrafficSecret.Hash.SHA256;
    TrafficSecret tx = trafficSecret(sending, hash);
    TrafficSecret rx = null;
    try {
      rx = trafficSecret(receiving, hash);
      return new SessionKeys.Updatable(cipher, tx, rx);
    } catch (RuntimeException | OutOfMemoryError e) {
      tx.close();
      if (rx != null) {
        rx.close();
      }
      throw e;
    }
  }

  private static TrafficSecret trafficSecret(TlsSecret secret, TrafficSecret.Hash hash) {
    return new TrafficSecret(hash, SecretBytes.wiping(secret.extract()));
  }

  /// RFC 5246 §6.3: client key, server key, client iv, server iv.
  private static SessionKeys keysTls12(
      SecurityParameters parameters, CipherType cipher, boolean server) {
    int keyLength = cipher.keyLength();
    int ivLength = fixedIvLength(cipher);
    byte[] keyBlock =
        parameters
            .getMasterSecret()
            .deriveUsingPRF(
                parameters.getPRFAlgorithm(),
                ExporterLabel.key_expansion,
                concatenate(parameters.getServerRandom(), parameters.getClientRandom()),
                2 * (keyLength + ivLength))
            .extract();
    int ivs = 2 * keyLength;
    CryptoInfo clients = null;
    CryptoInfo servers = null;
    try {
      clients = tls12(cipher, keyBlock, 0, ivs);
      servers = tls12(cipher, keyBlock, keyLength, ivs + ivLength);
      return server
          ? new SessionKeys.Fixed(servers, clients)
          : new SessionKeys.Fixed(clients, servers);
    } catch (RuntimeException | OutOfMemoryError e) {
      close(clients);
      close(servers);
      throw e;
    } finally {
      Arrays.fill(keyBlock, (byte) 0);
    }
  }

  private static void close(@Nullable CryptoInfo info) {
    if (info != null) {
      info.close();
    }
  }

  private static CryptoInfo tls12(CipherType cipher, byte[] keyBlock, int keyAt, int ivAt) {
    byte[] key = Arrays.copyOfRange(keyBlock, keyAt, keyAt + cipher.keyLength());
    byte[] saltAndIv = new byte[cipher.saltLength() + cipher.ivLength()];
    System.arraycopy(keyBlock, ivAt, saltAndIv, 0, fixedIvLength(cipher));
    if (cipher.explicitNonceLength(TlsVersion.TLS_1_2) > 0) {
      // The explicit nonce counts up from the iv. The Finished had 0 (Bouncy Castle takes the
      // sequence number), and no nonce may come twice (RFC 5288 §3).
      saltAndIv[saltAndIv.length - 1] = TLS_1_2_REC_SEQ;
    }
    SecretBytes held = SecretBytes.wiping(key);
    try {
      return new CryptoInfo(
          TlsVersion.TLS_1_2, cipher, held, SecretBytes.wiping(saltAndIv), TLS_1_2_REC_SEQ);
    } catch (OutOfMemoryError e) {
      held.close();
      throw e;
    }
  }

  /// Bytes of iv that come from the key block: the salt of GCM, all of ChaCha20-Poly1305's.
  private static int fixedIvLength(CipherType cipher) {
    return cipher.saltLength() + cipher.ivLength() - cipher.explicitNonceLength(TlsVersion.TLS_1_2);
  }

  private static byte[] concatenate(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
