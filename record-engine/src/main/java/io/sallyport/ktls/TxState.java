package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;

/// The sending direction of one socket: a key and the sequence number of the next record.
///
/// Makes one record at a time and keeps none. Owned by its [TxContext].
final class TxState implements AutoCloseable {
  final TlsVersion version;
  final CipherType cipherType;
  private final CryptoInfo info;
  private final AeadCipher cipher;
  private final int explicitNonceLength;
  private final int prefixLength;
  private final int overhead;
  private long records;
  private boolean spent;
  private long blocks;

  TxState(CryptoInfo given, AeadBackend backend) {
    info = given.copy(0);
    version = info.version();
    cipherType = info.cipherType();
    try {
      cipher = backend.forSealing(info);
    } catch (RuntimeException | OutOfMemoryError e) {
      info.close();
      throw e;
    }
    explicitNonceLength = cipherType.explicitNonceLength(version);
    prefixLength = RecordHeader.LENGTH + explicitNonceLength;
    int innerTypeLength = version == TlsVersion.TLS_1_3 ? 1 : 0;
    overhead = prefixLength + innerTypeLength + CipherType.TAG_LENGTH;
  }

  /// Bytes of a record before its payload.
  int prefixLength() {
    return prefixLength;
  }

  /// Bytes that a record is longer than its payload, padding aside.
  int overhead() {
    return overhead;
  }

  /// Records made with this key.
  long records() {
    return records;
  }

  /// Blocks of 16 bytes that the key was used for: what its limit counts (RFC 9846 §5.5 counts them
  /// in full-size records).
  long blocks() {
    return blocks;
  }

  /// Blocks for `length` bytes in `records` records: for each one a block of its own, its last
  /// block and that of its type.
  static long blocks(long length, long records) {
    return (length >> 4) + 3 * records;
  }

  /// Whether there are numbers for `more` records. They must not wrap (RFC 9846 §5.3), and the
  /// kernel refuses the last one already.
  boolean hasNumbers(long more) {
    return !spent && Long.compareUnsigned(recSeq(), -1L - more) <= 0;
  }

  private long recSeq() {
    return info.recSeq() + records;
  }

  /// The key as it stands: iv and sequence number of the next record. The caller closes it.
  CryptoInfo cryptoInfo() {
    return info.copy(records);
  }

  /// Makes a record of `length` bytes of `source` at `from` and writes it to `out` at `at`. Both
  /// must be direct; no index moves. The payload may already lie where it belongs,
  /// [#prefixLength()] behind `at` in `out`.
  ///
  /// @param padding zero bytes behind the type (RFC 9846 §5.4); 0 in TLS 1.2
  /// @return bytes of the whole record
  int seal(
      int contentType, ByteBuf source, int from, int length, int padding, ByteBuf out, int at) {
    if (spent) {
      throw new IllegalStateException("the last sequence number was used: the key is spent");
    }
    switch (version) {
      case TLS_1_3 -> sealTls13(contentType, source, from, length, padding, out, at);
      case TLS_1_2 -> sealTls12(contentType, source, from, length, out, at);
    }
    records++;
    blocks += blocks(length + padding, 1);
    spent = recSeq() == 0;
    return overhead + length + padding;
  }

  /// RFC 9846 §5.2: the outer type is always application_data, the real one is encrypted. Where it
  /// can stand behind the payload, both are encrypted at once.
  @SuppressWarnings("ReferenceEquality") // It is the question whether there is one buffer.
  private void sealTls13(
      int contentType, ByteBuf source, int from, int length, int padding, ByteBuf out, int at) {
    int inner = length + 1 + padding;
    int payloadAt = at + prefixLength;
    RecordHeader.set(out, at, ContentType.APPLICATION_DATA, inner + CipherType.TAG_LENGTH);
    cipher.nonce(info.ivTail() ^ recSeq());
    cipher.aad(ContentType.APPLICATION_DATA, inner + CipherType.TAG_LENGTH);
    boolean inPlace = source == out;
    if (padding == 0 && !inPlace) {
      cipher.sealInner(source, from, length, contentType, out, payloadAt);
    } else {
      if (!inPlace) {
        out.setBytes(payloadAt, source, from, length);
      }
      out.setByte(payloadAt + length, contentType);
      out.setZero(payloadAt + length + 1, padding);
      cipher.seal(out, payloadAt, inner, out, payloadAt);
    }
  }

  /// RFC 5246 §6.2.3.3. The explicit nonce counts up from the iv, as the kernel does it; ChaCha
  /// derives its nonce from the sequence number (RFC 7905 §2).
  private void sealTls12(
      int contentType, ByteBuf source, int from, int length, ByteBuf out, int at) {
    RecordHeader.set(out, at, contentType, explicitNonceLength + length + CipherType.TAG_LENGTH);
    if (explicitNonceLength == 0) {
      cipher.nonce(info.ivTail() ^ recSeq());
    } else {
      out.setLong(at + RecordHeader.LENGTH, info.ivTail() + records);
      cipher.nonce(info.ivTail() + records);
    }
    cipher.aad(recSeq(), contentType, length);
    cipher.seal(source, from, length, out, at + prefixLength);
  }

  @Override
  public void close() {
    cipher.close();
    info.close();
  }
}
