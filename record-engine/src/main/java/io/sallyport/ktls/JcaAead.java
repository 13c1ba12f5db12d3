package io.sallyport.ktls;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AEAD by the JDK's provider, for machines without libcrypto.
///
/// The provider works best on heap arrays. Its key lies on the heap for as long as the connection
/// lives: the price of the fallback, named in the start-up log line.
final class JcaAead extends HeapAead {
  private final Cipher cipher;
  private final int mode;
  private final SecretKeySpec key;
  private final boolean gcm;

  private JcaAead(CryptoInfo info, int mode) {
    super(info);
    this.mode = mode;
    gcm = info.cipherType() != CipherType.CHACHA20_POLY1305;
    byte[] keyBytes = keyBytes(info);
    key = new SecretKeySpec(keyBytes, gcm ? "AES" : "ChaCha20");
    Arrays.fill(keyBytes, (byte) 0);
    try {
      cipher = Cipher.getInstance(gcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no " + info.cipherType(), e);
    }
  }

  /// Whether the JDK has the cipher: it knows neither CCM nor the national ciphers.
  static boolean supports(CipherType cipherType) {
    return switch (cipherType) {
      case AES_GCM_128, AES_GCM_256, CHACHA20_POLY1305 -> true;
      case AES_CCM_128, SM4_GCM, SM4_CCM, ARIA_GCM_128, ARIA_GCM_256 -> false;
    };
  }

  static JcaAead forSealing(CryptoInfo info) {
    return new JcaAead(info, Cipher.ENCRYPT_MODE);
  }

  static JcaAead forOpening(CryptoInfo info) {
    return new JcaAead(info, Cipher.DECRYPT_MODE);
  }

  @Override
  int process(byte[] nonce, ByteBuffer aad, byte[] in, int length, byte[] out) {
    try {
      init(nonce);
      cipher.updateAAD(aad);
      return cipher.doFinal(in, 0, length, out, 0);
    } catch (AEADBadTagException e) {
      return NOT_AUTHENTIC;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused a record", e);
    }
  }

  private void init(byte[] nonce) throws GeneralSecurityException {
    AlgorithmParameterSpec parameters =
        gcm ? new GCMParameterSpec(TAG_BITS, nonce) : new IvParameterSpec(nonce);
    try {
      cipher.init(mode, key, parameters);
    } catch (InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("the JDK saw a nonce twice", e);
    }
  }
}
