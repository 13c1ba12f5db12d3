package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// An AEAD that computes on heap arrays: a record is copied in and out. Nonce, additional data and
/// the arrays are the same for every such provider; what it does with them is not.
abstract sealed class HeapAead implements AeadCipher permits JcaAead, BcAead {
  static final int TAG_BITS = CipherType.TAG_LENGTH * 8;

  /// What [#process] answers for a tag that does not fit.
  static final int NOT_AUTHENTIC = -1;

  private final byte[] nonce = new byte[12];
  private final ByteBuffer aad = ByteBuffer.allocate(13);
  private byte[] in = new byte[0];
  private byte[] out = new byte[0];

  HeapAead(CryptoInfo info) {
    info.saltAndIv().reveal().getBytes(0, nonce);
  }

  /// A copy of the key, for the provider, which wipes it.
  static byte[] keyBytes(CryptoInfo info) {
    byte[] keyBytes = new byte[info.key().length()];
    info.key().reveal().getBytes(0, keyBytes);
    return keyBytes;
  }

  /// Encrypts or decrypts the first `length` bytes of `in` to the beginning of `out`. Returns how
  /// many bytes came out, or [#NOT_AUTHENTIC].
  ///
  /// @param aad between position and limit
  abstract int process(byte[] nonce, ByteBuffer aad, byte[] in, int length, byte[] out);

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
    target.setBytes(targetIndex, out, 0, process(nonce, aad, in, length, out));
  }

  @Override
  public void sealInner(
      ByteBuf source, int sourceIndex, int length, int innerType, ByteBuf target, int targetIndex) {
    take(source, sourceIndex, length);
    in[length] = (byte) innerType;
    target.setBytes(targetIndex, out, 0, process(nonce, aad, in, length + 1, out));
  }

  @Override
  public boolean open(ByteBuf record, int index, int length) {
    take(record, index, length + CipherType.TAG_LENGTH);
    int opened = process(nonce, aad, in, length + CipherType.TAG_LENGTH, out);
    if (opened == NOT_AUTHENTIC) {
      return false;
    }
    record.setBytes(index, out, 0, opened);
    return true;
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

  /// Wipes what can be reached of the key and of the plaintext in the arrays.
  @Override
  public void close() {
    wipe();
  }

  private void wipe() {
    Arrays.fill(in, (byte) 0);
    Arrays.fill(out, (byte) 0);
  }
}
