package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// An AES-256 key and its name.
///
/// The key is off-heap; the JDK's cipher has a copy on the heap while it works, and leaves it to
/// the garbage collector. Whoever holds it closes it, which wipes it. Not thread-safe.
final class TicketKey implements AutoCloseable {
  static final int NAME_LENGTH = 16;
  static final int NONCE_LENGTH = 12;
  static final int TAG_LENGTH = 16;
  private static final int KEY_LENGTH = 32;

  private final byte[] name;
  private final SecretBytes key;

  private TicketKey(byte[] name, SecretBytes key) {
    this.name = name;
    this.key = key;
  }

  static TicketKey generate(SecureRandom random) {
    byte[] name = new byte[NAME_LENGTH];
    byte[] key = new byte[KEY_LENGTH];
    random.nextBytes(name);
    random.nextBytes(key);
    return new TicketKey(name, SecretBytes.wiping(key));
  }

  TicketKey copy() {
    return new TicketKey(name, key.copy(0, KEY_LENGTH));
  }

  byte[] name() {
    return name.clone();
  }

  boolean isNamed(byte[] bytes) {
    return Arrays.equals(name, bytes);
  }

  byte[] seal(byte[] nonce, byte[] additionalData, byte[] plaintext) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, nonce, additionalData).doFinal(plaintext);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM of the JDK fails", e);
    }
  }

  /// The plaintext, to be wiped by the caller; null when the tag does not fit.
  byte @Nullable [] open(byte[] nonce, byte[] additionalData, byte[] ciphertext) {
    try {
      return cipher(Cipher.DECRYPT_MODE, nonce, additionalData).doFinal(ciphertext);
    } catch (AEADBadTagException _) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM of the JDK fails", e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, byte[] additionalData)
      throws GeneralSecurityException {
    byte[] bytes = new byte[KEY_LENGTH];
    key.reveal().getBytes(0, bytes);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          mode,
          new SecretKeySpec(bytes, "AES"),
          new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce));
      cipher.updateAAD(additionalData);
      return cipher;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  @Override
  public void close() {
    key.close();
  }

  @Override
  public String toString() {
    return "TicketKey(redacted)";
  }
}
