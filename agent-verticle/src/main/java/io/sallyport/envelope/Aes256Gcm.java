package io.sallyport.envelope;

import io.sallyport.ktls.SecretBytes;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// A key of AES-256-GCM (NIST SP 800-38D) that seals with random nonces.
///
/// What it seals is nonce, ciphertext and tag in one. Any thread; one at a time, since the secret's
/// memory has one owner. [#close()] wipes the key.
final class Aes256Gcm implements AutoCloseable {
  static final int KEY_LENGTH = 32;

  /// By how much a sealed text is longer than its plaintext.
  static final int OVERHEAD = 12 + 16;

  /// Seals of one object. Nonces are random, and 2^32 of them are what NIST SP 800-38D §8.3 allows
  /// a key; this leaves room for 16 members that have the same.
  static final long SEALS_MAX = 1L << 28;

  private static final int NONCE_LENGTH = 12;
  private static final int TAG_BITS = 128;

  private final SecretBytes key;
  private final SecureRandom random;
  private final long sealsMax;
  private long seals;

  /// Takes ownership of `key`, 32 bytes.
  Aes256Gcm(SecretBytes key, SecureRandom random) {
    this(key, random, SEALS_MAX);
  }

  Aes256Gcm(SecretBytes key, SecureRandom random, long sealsMax) {
    if (key.length() != KEY_LENGTH) {
      throw new IllegalArgumentException(
          "found a key of " + key.length() + " bytes, expected " + KEY_LENGTH);
    }
    this.key = key;
    this.random = random;
    this.sealsMax = sealsMax;
  }

  /// A random key.
  static SecretBytes generate(SecureRandom random) {
    byte[] key = new byte[KEY_LENGTH];
    random.nextBytes(key);
    return SecretBytes.wiping(key);
  }

  /// Seals `plaintext`, which stays the caller's.
  ///
  /// @throws IllegalStateException when it sealed as much as it may
  synchronized byte[] seal(byte[] additionalData, SecretBytes plaintext) {
    if (seals >= sealsMax) {
      throw new IllegalStateException(
          "found a key that sealed " + seals + " times, expected another one before that");
    }
    seals++;
    byte[] nonce = new byte[NONCE_LENGTH];
    random.nextBytes(nonce);
    byte[] clear = bytes(plaintext);
    try {
      byte[] sealed = Arrays.copyOf(nonce, OVERHEAD + clear.length);
      cipher(Cipher.ENCRYPT_MODE, nonce, additionalData)
          .doFinal(clear, 0, clear.length, sealed, NONCE_LENGTH);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM of the JDK fails", e);
    } finally {
      Arrays.fill(clear, (byte) 0);
    }
  }

  /// The plaintext, which the caller closes; null when it is too short or the tag does not fit.
  synchronized @Nullable SecretBytes open(byte[] additionalData, byte[] sealed) {
    if (sealed.length < OVERHEAD) {
      return null;
    }
    byte[] nonce = Arrays.copyOf(sealed, NONCE_LENGTH);
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, nonce, additionalData);
      return SecretBytes.wiping(cipher.doFinal(sealed, NONCE_LENGTH, sealed.length - NONCE_LENGTH));
    } catch (AEADBadTagException _) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM of the JDK fails", e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, byte[] additionalData)
      throws GeneralSecurityException {
    byte[] bytes = bytes(key);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, new SecretKeySpec(bytes, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(additionalData);
      return cipher;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /// A copy of the key, which the caller closes.
  synchronized SecretBytes copyOfKey() {
    return key.copy(0, KEY_LENGTH);
  }

  /// On the heap, for as long as the JDK needs it there: the caller wipes it.
  private static byte[] bytes(SecretBytes secret) {
    byte[] bytes = new byte[secret.length()];
    secret.reveal().getBytes(0, bytes);
    return bytes;
  }

  @Override
  public synchronized void close() {
    key.close();
  }

  @Override
  public String toString() {
    return "Aes256Gcm(redacted)";
  }
}
