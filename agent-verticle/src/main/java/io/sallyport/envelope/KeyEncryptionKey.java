package io.sallyport.envelope;

import io.sallyport.ktls.SecretBytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// A key that wraps data keys: 32 bytes off-heap, which operators give to the members that are
/// entitled to what those seal.
///
/// Its [#id()] is no secret and tells nothing about it. Any thread; [#close()] wipes it.
public final class KeyEncryptionKey implements AutoCloseable {
  /// Bytes of a key.
  static final int LENGTH = Aes256Gcm.KEY_LENGTH;

  /// Bytes of an id.
  static final int ID_LENGTH = 8;

  /// Bytes of a wrapped data key.
  static final int WRAPPED_LENGTH = Aes256Gcm.KEY_LENGTH + Aes256Gcm.OVERHEAD;

  private static final byte[] ID_LABEL = "sallyport kek id".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] WRAP_LABEL =
      "sallyport data key\0".getBytes(StandardCharsets.US_ASCII);

  private final String id;
  private final Aes256Gcm cipher;
  private final SecureRandom random;

  private KeyEncryptionKey(String id, Aes256Gcm cipher, SecureRandom random) {
    this.id = id;
    this.cipher = cipher;
    this.random = random;
  }

  /// Takes ownership of `bytes`.
  ///
  /// @throws IllegalArgumentException when they are not 32
  public static KeyEncryptionKey of(SecretBytes bytes, SecureRandom random) {
    try {
      return new KeyEncryptionKey(idOf(bytes), new Aes256Gcm(bytes, random), random);
    } catch (IllegalArgumentException e) {
      bytes.close();
      throw e;
    }
  }

  private static String idOf(SecretBytes bytes) {
    byte[] key = new byte[bytes.length()];
    bytes.reveal().getBytes(0, key);
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(ID_LABEL);
      return HexFormat.of().formatHex(sha256.digest(key), 0, ID_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /// The first 8 bytes of SHA-256 over `sallyport kek id` and the key, as 16 hexadecimal digits.
  public String id() {
    return id;
  }

  /// Wraps a data key for what has this name.
  byte[] wrap(String name, DataKey dataKey) {
    try (SecretBytes bytes = dataKey.copyOfBytes()) {
      return cipher.seal(additionalData(name), bytes);
    }
  }

  /// The data key, which the caller closes; null when `wrapped` is not one that this key wrapped
  /// for what has this name.
  @Nullable DataKey unwrap(String name, byte[] wrapped) {
    SecretBytes bytes =
        wrapped.length == WRAPPED_LENGTH ? cipher.open(additionalData(name), wrapped) : null;
    return bytes == null ? null : DataKey.of(bytes, random);
  }

  private byte[] additionalData(String name) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(WRAP_LABEL.length + ID_LENGTH + text.length)
        .put(WRAP_LABEL)
        .put(HexFormat.of().parseHex(id))
        .put(text)
        .array();
  }

  @Override
  public void close() {
    cipher.close();
  }

  /// The id.
  @Override
  public String toString() {
    return "KeyEncryptionKey(" + id + ")";
  }
}
