package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.ContentType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;

/// Finds the records of 0-RTT data, which a server here never accepts, so that they can be skipped
/// (RFC 9846 §4.3.10): the handshake goes on as if they had not come.
///
/// They are encrypted with a key of which this side knows nothing. After a HelloRetryRequest every
/// record of that type is one; after the ServerHello each is one that does not decrypt with the
/// client's handshake key, until the first that does. Bouncy Castle would take the first one for a
/// forgery. Confined to one handshake.
final class EarlyDataFilter {
  /// Bytes of records that are skipped: four times what servers commonly allow.
  static final int SKIPPED_MAX = 64 << 10;

  /// What a record counts at least: each costs a decryption, however short it is.
  private static final int COUNTED_MIN = 512;

  private static final int TAG_LENGTH = 16;

  /// A header, a content type and a tag (RFC 9846 §5.2).
  private static final int RECORD_MIN = RecordReader.HEADER_LENGTH + 1 + TAG_LENGTH;

  private static final int IV_LENGTH = 12;

  private final TlsCrypto crypto;
  private int skipped;
  private boolean over;

  EarlyDataFilter(TlsCrypto crypto) {
    this.crypto = crypto;
  }

  /// Whether `record`, whole with its header, is early data.
  ///
  /// @param parameters of a handshake whose ClientHello offered early data
  /// @throws Refusal when more of it came than is skipped
  boolean skips(byte[] record, SecurityParameters parameters) throws Refusal {
    // A second ClientHello ends what a HelloRetryRequest lets a client send.
    over |= record[0] == ContentType.HANDSHAKE;
    if (over || record[0] != ContentType.APPLICATION_DATA) {
      return false;
    }
    if (record.length < RECORD_MIN) {
      throw new Refusal(
          AlertDescription.bad_record_mac,
          FailureReason.BAD_RECORD,
          "peer sent a record that is too short to be encrypted");
    }
    if (parameters.getBaseKeyClient() != null && decrypts(record, parameters)) {
      over = true;
      return false;
    }
    skipped += Math.max(record.length, COUNTED_MIN);
    if (skipped > SKIPPED_MAX) {
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.TOO_MUCH_EARLY_DATA,
          "peer sent more than " + SKIPPED_MAX + " bytes of early data");
    }
    return true;
  }

  /// Whether it is the client's first record under its handshake key.
  private boolean decrypts(byte[] record, SecurityParameters parameters) {
    Suite suite = Suite.of(parameters.getCipherSuite());
    TlsSecret secret = crypto.adoptSecret(parameters.getBaseKeyClient());
    byte[] key = expand(secret, parameters, "key", suite.cipherType().keyLength());
    byte[] iv = expand(secret, parameters, "iv", IV_LENGTH);
    secret.destroy();
    try {
      boolean chacha = suite.cipherType() == CipherType.CHACHA20_POLY1305;
      Cipher cipher = Cipher.getInstance(chacha ? "ChaCha20-Poly1305" : "AES/GCM/NoPadding");
      AlgorithmParameterSpec nonce =
          chacha ? new IvParameterSpec(iv) : new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, iv);
      cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, chacha ? "ChaCha20" : "AES"), nonce);
      cipher.updateAAD(record, 0, RecordReader.HEADER_LENGTH);
      byte[] plaintext =
          cipher.doFinal(
              record, RecordReader.HEADER_LENGTH, record.length - RecordReader.HEADER_LENGTH);
      Arrays.fill(plaintext, (byte) 0);
      return true;
    } catch (AEADBadTagException _) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    } finally {
      Arrays.fill(key, (byte) 0);
      Arrays.fill(iv, (byte) 0);
    }
  }

  private static byte[] expand(
      TlsSecret secret, SecurityParameters parameters, String label, int length) {
    try {
      return TlsCryptoUtils.hkdfExpandLabel(
              secret, parameters.getPRFCryptoHashAlgorithm(), label, TlsUtils.EMPTY_BYTES, length)
          .extract();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
