package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
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
/// The provider works best on heap arrays, so a record is copied in and out. Its key lies on the
/// heap for as long as the connection lives: the price of the fallback, named in the start-up log
/// line.
final class JcaAead implements AeadCipher {
  private static final int TAG_BITS = CipherType.TAG_LENGTH * 8;

  private final Cipher cipher;
  private final int mode;
  private final SecretKeySpec key;
  private final boolean gcm;
  private final byte[] nonce = new byte[12];
  private final ByteBuffer aad = ByteBuffer.allocate(13);
  private byte[] bytes = new byte[0];

  private JcaAead(CryptoInfo info, int mode) {
    this.mode = mode;
    gcm = info.cipherType() != CipherType.CHACHA20_POLY1305;
    byte[] keyBytes = new byte[info.key().length()];
    info.key().reveal().getBytes(0, keyBytes);
    key = new SecretKeySpec(keyBytes, gcm ? "AES" : "ChaCha20");
    Arrays.fill(keyBytes, (byte) 0);
    info.saltAndIv().reveal().getBytes(0, nonce);
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
  public void nonce(long tail) {
    ByteBuffer.wrap(nonce).putLong(4, tail);
  }

  @Override
  public void aad(int contentType, int length) {
    header(aad.clear(), contentType, length);
  }

  @Override
  public void aad(long recSeq, int contentType, int length) {
    header(aad.clear().putLong(recSeq), contentType, length);
  }

  private static void header(ByteBuffer to, int contentType, int length) {
    to.put((byte) contentType)
        .putShort((short) RecordHeader.LEGACY_RECORD_VERSION)
        .putShort((short) length)
        .flip();
  }

  @Override
  public void seal(ByteBuf source, int sourceIndex, int length, ByteBuf target, int targetIndex) {
    take(source, sourceIndex, length);
    encrypt(length, target, targetIndex);
  }

  @Override
  public void sealInner(
      ByteBuf source, int sourceIndex, int length, int innerType, ByteBuf target, int targetIndex) {
    take(source, sourceIndex, length);
    bytes[length] = (byte) innerType;
    encrypt(length + 1, target, targetIndex);
  }

  private void encrypt(int length, ByteBuf target, int targetIndex) {
    try {
      int sealed = process(length);
      target.setBytes(targetIndex, bytes, 0, sealed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused to encrypt a record", e);
    }
  }

  @Override
  public boolean open(ByteBuf record, int index, int length) {
    take(record, index, length + CipherType.TAG_LENGTH);
    try {
      int opened = process(length + CipherType.TAG_LENGTH);
      record.setBytes(index, bytes, 0, opened);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused to decrypt a record", e);
    }
  }

  private int process(int length) throws GeneralSecurityException {
    init();
    cipher.updateAAD(aad);
    return cipher.doFinal(bytes, 0, length, bytes, 0);
  }

  private void init() throws GeneralSecurityException {
    AlgorithmParameterSpec parameters =
        gcm ? new GCMParameterSpec(TAG_BITS, nonce) : new IvParameterSpec(nonce);
    try {
      cipher.init(mode, key, parameters);
    } catch (InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("the JDK saw a nonce twice", e);
    }
  }

  /// Room for the type byte and the tag of a sealed record is always there.
  private void take(ByteBuf source, int index, int length) {
    if (bytes.length < length + 1 + CipherType.TAG_LENGTH) {
      Arrays.fill(bytes, (byte) 0);
      bytes = new byte[length + 1 + CipherType.TAG_LENGTH];
    }
    source.getBytes(index, bytes, 0, length);
  }

  @Override
  public void close() {
    Arrays.fill(bytes, (byte) 0);
  }
}
