package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/// The sending direction of one socket: a key and the sequence number of the next record.
///
/// Plaintext goes in, whole records come out, all of one call in one buffer. Never pads.
final class TxState implements AutoCloseable {
  final TlsVersion version;
  final CipherType cipherType;
  private final AeadCipher cipher;
  private final long ivTail;
  private final int explicitNonceLength;
  private final int overhead;
  private long recSeq;
  private long explicitNonce;

  TxState(CryptoInfo info, AeadBackend backend) {
    version = info.version();
    cipherType = info.cipherType();
    cipher = backend.forSealing(info);
    ivTail = info.saltAndIv().reveal().getLong(4);
    explicitNonceLength = cipherType.explicitNonceLength(version);
    int innerTypeLength = version == TlsVersion.TLS_1_3 ? 1 : 0;
    overhead = RecordHeader.LENGTH + explicitNonceLength + innerTypeLength + CipherType.TAG_LENGTH;
    recSeq = info.recSeq();
    explicitNonce = ivTail;
  }

  /// Whether `plaintextLength` more bytes can be sent before the sequence number would wrap, which
  /// RFC 9846 §5.3 forbids. The kernel refuses the last number already.
  boolean canSeal(int plaintextLength) {
    return Long.compareUnsigned(recSeq, -1L - records(plaintextLength)) <= 0;
  }

  /// Encrypts the readable bytes of `data` into records of at most 2^14 bytes. Neither releases nor
  /// changes `data`, which must be direct; the caller owns the answer.
  ByteBuf seal(ByteBufAllocator allocator, int contentType, ByteBuf data) {
    int length = data.readableBytes();
    ByteBuf out = allocator.directBuffer(length + records(length) * overhead);
    int from = data.readerIndex();
    int end = data.writerIndex();
    do {
      int fragment = Math.min(RecordHeader.MAX_PLAINTEXT, end - from);
      switch (version) {
        case TLS_1_3 -> sealTls13(contentType, data, from, fragment, out);
        case TLS_1_2 -> sealTls12(contentType, data, from, fragment, out);
      }
      recSeq++;
      from += fragment;
    } while (from < end);
    return out;
  }

  /// RFC 9846 §5.2: the outer type is always application_data, the real one is encrypted.
  private void sealTls13(int contentType, ByteBuf data, int from, int length, ByteBuf out) {
    int ciphertext = length + 1 + CipherType.TAG_LENGTH;
    cipher.nonce(ivTail ^ recSeq);
    cipher.aad(ContentType.APPLICATION_DATA, ciphertext);
    RecordHeader.write(out, ContentType.APPLICATION_DATA, ciphertext);
    cipher.sealInner(data, from, length, contentType, out, out.writerIndex());
    out.writerIndex(out.writerIndex() + ciphertext);
  }

  /// RFC 5246 §6.2.3.3. The explicit nonce of GCM counts up from the iv, as the kernel does it;
  /// ChaCha derives its nonce from the sequence number (RFC 7905 §2).
  private void sealTls12(int contentType, ByteBuf data, int from, int length, ByteBuf out) {
    RecordHeader.write(out, contentType, explicitNonceLength + length + CipherType.TAG_LENGTH);
    if (explicitNonceLength == 0) {
      cipher.nonce(ivTail ^ recSeq);
    } else {
      out.writeLong(explicitNonce);
      cipher.nonce(explicitNonce++);
    }
    cipher.aad(recSeq, contentType, length);
    cipher.seal(data, from, length, out, out.writerIndex());
    out.writerIndex(out.writerIndex() + length + CipherType.TAG_LENGTH);
  }

  private static int records(int length) {
    return Math.max(1, (length + RecordHeader.MAX_PLAINTEXT - 1) / RecordHeader.MAX_PLAINTEXT);
  }

  @Override
  public void close() {
    cipher.close();
  }
}
