package io.sallyport.envelope;

import io.sallyport.ktls.SecretBytes;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/// A random key that seals with AES-256-GCM: 32 bytes off-heap, which nobody chose and nobody sees.
///
/// It leaves its member only wrapped by a [KeyEncryptionKey]. Nonces are random; one object seals
/// at most 2^28 times. Any thread; [#close()] wipes it.
public final class DataKey implements AutoCloseable {
  /// By how many bytes a sealed text is longer than its plaintext.
  public static final int OVERHEAD = Aes256Gcm.OVERHEAD;

  private final Aes256Gcm cipher;

  private DataKey(Aes256Gcm cipher) {
    this.cipher = cipher;
  }

  /// A new key.
  public static DataKey generate(SecureRandom random) {
    return new DataKey(new Aes256Gcm(Aes256Gcm.generate(random), random));
  }

  /// Takes ownership of 32 bytes that were unwrapped.
  static DataKey of(SecretBytes bytes, SecureRandom random) {
    return new DataKey(new Aes256Gcm(bytes, random));
  }

  /// Seals `plaintext`, which stays the caller's, for the place that `additionalData` tells.
  ///
  /// @return nonce, ciphertext and tag
  /// @throws IllegalStateException when it sealed 2^28 times
  public byte[] seal(byte[] additionalData, SecretBytes plaintext) {
    return cipher.seal(additionalData, plaintext);
  }

  /// Opens what [#seal] made for the same place. The caller closes the plaintext.
  public Opening<SecretBytes> open(byte[] additionalData, byte[] sealed) {
    if (sealed.length < OVERHEAD) {
      return new Opening.Refused<>(Opening.Reason.MALFORMED);
    }
    @Nullable SecretBytes plaintext = cipher.open(additionalData, sealed);
    return plaintext == null
        ? new Opening.Refused<>(Opening.Reason.FORGED)
        : new Opening.Opened<>(plaintext);
  }

  /// A copy, which the caller closes, to be wrapped.
  SecretBytes copyOfBytes() {
    return cipher.copyOfKey();
  }

  @Override
  public void close() {
    cipher.close();
  }

  @Override
  public String toString() {
    return "DataKey(redacted)";
  }
}
