package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Arrays;

/// Secret bytes outside the Java heap: a traffic key, a private key, a shared secret.
///
/// They are in no heap dump, have no `toString`, and are overwritten by [#close()]. Whoever creates
/// one closes it; after that every access throws [KtlsException]. Not thread-safe: handing one to
/// another thread hands over the ownership.
public final class SecretBytes implements AutoCloseable {
  private final ByteBuf bytes;

  private SecretBytes(ByteBuf bytes) {
    this.bytes = bytes;
  }

  /// Moves `source` off the heap: the array is zero afterwards.
  public static SecretBytes wiping(byte[] source) {
    Misuse.notNull(source, "the bytes");
    ByteBuf bytes =
        PooledByteBufAllocator.DEFAULT.directBuffer(
            Math.max(1, source.length), Math.max(1, source.length));
    bytes.writeBytes(source);
    Arrays.fill(source, (byte) 0);
    return new SecretBytes(bytes);
  }

  /// A secret of `length` zero bytes, to be written through [#reveal()].
  public static SecretBytes zeros(int length) {
    return new SecretBytes(
        PooledByteBufAllocator.DEFAULT.directBuffer(length, length).writeZero(length));
  }

  /// Copies `length` bytes of this secret from `offset` on into a secret of their own.
  public SecretBytes copy(int offset, int length) {
    if (offset < 0 || length < 0 || length > length() - offset) {
      throw new KtlsException(
          KtlsErrno.EINVAL,
          "found bytes "
              + offset
              + " to "
              + (offset + length)
              + ", expected a part of "
              + length());
    }
    return new SecretBytes(live().copy(offset, length));
  }

  /// Keeps the first `length` bytes and wipes the others.
  void cut(int length) {
    ByteBuf kept = live();
    kept.setZero(length, kept.writerIndex() - length).writerIndex(length);
  }

  /// Number of bytes.
  public int length() {
    return live().writerIndex();
  }

  /// The bytes themselves. The buffer stays this object's: read it, do not release or keep it.
  public ByteBuf reveal() {
    return live();
  }

  /// Overwrites the bytes with zeros and gives the memory back. Closing twice does nothing.
  @Override
  public void close() {
    if (bytes.refCnt() > 0) {
      bytes.setZero(0, bytes.capacity());
      bytes.release();
    }
  }

  private ByteBuf live() {
    if (bytes.refCnt() == 0) {
      throw new KtlsException(KtlsErrno.EINVAL, "the secret was wiped");
    }
    return bytes;
  }

  @Override
  public String toString() {
    return "SecretBytes(redacted)";
  }
}
