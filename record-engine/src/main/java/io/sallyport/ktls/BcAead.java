package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.ARIAEngine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.AEADCipher;
import org.bouncycastle.crypto.modes.CCMBlockCipher;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/// AEAD by Bouncy Castle's lightweight engines, for the ciphers that neither libcrypto nor the JDK
/// has.
///
/// In plain Java and the slowest of the three: a record is copied in and out, and the key lies on
/// the heap for as long as the connection lives.
final class BcAead implements AeadCipher {
  private static final int TAG_BITS = CipherType.TAG_LENGTH * 8;

  private final AEADCipher cipher;
  private final boolean sealing;
  private final KeyParameter key;
  private boolean keyed;
  private final byte[] nonce = new byte[12];
  private byte[] aad = new byte[0];
  private byte[] in = new byte[0];
  private byte[] out = new byte[0];

  private BcAead(CryptoInfo info, boolean sealing) {
    this.sealing = sealing;
    cipher = engine(info.cipherType());
    byte[] keyBytes = new byte[info.key().length()];
    info.key().reveal().getBytes(0, keyBytes);
    key = new KeyParameter(keyBytes);
    Arrays.fill(keyBytes, (byte) 0);
    info.saltAndIv().reveal().getBytes(0, nonce);
  }

  static BcAead forSealing(CryptoInfo info) {
    return new BcAead(info, true);
  }

  static BcAead forOpening(CryptoInfo info) {
    return new BcAead(info, false);
  }

  private static AEADCipher engine(CipherType cipherType) {
    return switch (cipherType) {
      case AES_GCM_128, AES_GCM_256 -> GCMBlockCipher.newInstance(AESEngine.newInstance());
      case AES_CCM_128 -> CCMBlockCipher.newInstance(AESEngine.newInstance());
      case CHACHA20_POLY1305 -> new ChaCha20Poly1305();
      case SM4_GCM -> GCMBlockCipher.newInstance(new SM4Engine());
      case SM4_CCM -> CCMBlockCipher.newInstance(new SM4Engine());
      case ARIA_GCM_128, ARIA_GCM_256 -> GCMBlockCipher.newInstance(new ARIAEngine());
    };
  }

  @Override
  public void nonce(long tail) {
    ByteBuffer.wrap(nonce).putLong(4, tail);
  }

  @Override
  public void aad(int contentType, int length) {
    aad = new byte[5];
    header(ByteBuffer.wrap(aad), contentType, length);
  }

  @Override
  public void aad(long recSeq, int contentType, int length) {
    aad = new byte[13];
    header(ByteBuffer.wrap(aad).putLong(recSeq), contentType, length);
  }

  private static void header(ByteBuffer to, int contentType, int length) {
    to.put((byte) contentType)
        .putShort((short) RecordHeader.LEGACY_RECORD_VERSION)
        .putShort((short) length);
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
    in[length] = (byte) innerType;
    encrypt(length + 1, target, targetIndex);
  }

  private void encrypt(int length, ByteBuf target, int targetIndex) {
    try {
      int sealed = process(length);
      target.setBytes(targetIndex, out, 0, sealed);
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("Bouncy Castle refused to encrypt a record", e);
    }
  }

  @Override
  public boolean open(ByteBuf record, int index, int length) {
    take(record, index, length + CipherType.TAG_LENGTH);
    try {
      int opened = process(length + CipherType.TAG_LENGTH);
      record.setBytes(index, out, 0, opened);
      return true;
    } catch (InvalidCipherTextException _) {
      return false;
    }
  }

  private int process(int length) throws InvalidCipherTextException {
    // Without a key the engine keeps the one it has, and the tables made of it.
    cipher.init(sealing, new AEADParameters(keyed ? null : key, TAG_BITS, nonce, aad));
    keyed = true;
    int done = cipher.processBytes(in, 0, length, out, 0);
    return done + cipher.doFinal(out, done);
  }

  /// Room for the type byte and the tag of a sealed record is always there.
  private void take(ByteBuf source, int index, int length) {
    int room = length + 1 + CipherType.TAG_LENGTH;
    if (in.length < room) {
      wipe();
      in = new byte[room];
      out = new byte[room];
    }
    source.getBytes(index, in, 0, length);
  }

  /// Wipes what can be reached: the engine keeps a key schedule of its own until it is collected.
  @Override
  public void close() {
    Arrays.fill(key.getKey(), (byte) 0);
    wipe();
  }

  private void wipe() {
    Arrays.fill(in, (byte) 0);
    Arrays.fill(out, (byte) 0);
  }
}
