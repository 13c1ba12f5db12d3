package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// The receiving direction of one socket: a key and the sequence number of the next record.
///
/// Opens one record at a time, in place. After a successful [#open] the fields of the last record
/// say what it was and where its plaintext lies; there is no object per record.
final class RxState implements AutoCloseable {
  /// What became of a record.
  enum Opening {
    /// The fields say what it was.
    OPENED,
    /// Its tag does not fit, or it is not a record of this version at all.
    NOT_AUTHENTIC,
    /// It is authentic and holds nothing but padding (RFC 9846 §5.4).
    NO_TYPE,
    /// The key has no sequence number left.
    SPENT
  }

  final TlsVersion version;
  final CipherType cipherType;
  private final CryptoInfo info;
  private final AeadCipher cipher;
  private final int explicitNonceLength;
  private final int minFragment;
  private final int maxFragment;
  private long records;

  private int contentType;
  private int plaintextIndex;
  private int plaintextLength;
  private boolean padded;
  private boolean spent;

  RxState(CryptoInfo given, AeadBackend backend) {
    info = given.copy(0);
    version = info.version();
    cipherType = info.cipherType();
    try {
      cipher = backend.forOpening(info);
    } catch (RuntimeException | OutOfMemoryError e) {
      info.close();
      throw e;
    }
    explicitNonceLength = cipherType.explicitNonceLength(version);
    int innerTypeLength = version == TlsVersion.TLS_1_3 ? 1 : 0;
    minFragment = explicitNonceLength + CipherType.TAG_LENGTH;
    maxFragment = RecordHeader.MAX_PLAINTEXT + minFragment + innerTypeLength;
  }

  /// Type of the record opened last.
  int contentType() {
    return contentType;
  }

  /// Where its plaintext begins in the buffer it was opened in.
  int plaintextIndex() {
    return plaintextIndex;
  }

  /// Bytes of its plaintext.
  int plaintextLength() {
    return plaintextLength;
  }

  /// Whether zero bytes stood behind its type (RFC 9846 §5.4).
  boolean isPadded() {
    return padded;
  }

  /// Whether the last sequence number was used, which must not wrap (RFC 9846 §5.3): no more
  /// records can be opened.
  boolean isSpent() {
    return spent;
  }

  /// Records opened with this key.
  long records() {
    return records;
  }

  private long recSeq() {
    return info.recSeq() + records;
  }

  /// The key as it stands: sequence number, and in TLS 1.2 the iv, of the next record. The caller
  /// closes it.
  CryptoInfo cryptoInfo() {
    return info.copy(records);
  }

  /// Bytes of plaintext, type and padding in the record at `at`: what a buffer to decrypt it into
  /// would need.
  int innerLength(ByteBuf buffer, int at) {
    return RecordHeader.fragmentLength(buffer, at) - minFragment;
  }

  /// What is wrong with the record header at `at`, null when it is fine (kernel:
  /// `tls_rx_msg_size`).
  @Nullable KtlsErrno checkHeader(ByteBuf buffer, int at) {
    return RecordHeader.check(buffer, at, minFragment, maxFragment);
  }

  /// Decrypts the whole record at `at` in place. Unless that is [Opening#OPENED] the bytes are
  /// undefined, and no later record can be opened.
  Opening open(ByteBuf buffer, int at) {
    if (spent) {
      return Opening.SPENT;
    }
    Opening opening =
        switch (version) {
          case TLS_1_3 -> openTls13(buffer, at);
          case TLS_1_2 -> openTls12(buffer, at);
        };
    if (opening != Opening.NOT_AUTHENTIC) {
      records++;
      spent = recSeq() == 0;
    }
    return opening;
  }

  /// RFC 9846 §5.2: the outer type must be application_data; §5.4: the inner type is the last byte
  /// that is not zero.
  private Opening openTls13(ByteBuf buffer, int at) {
    if (RecordHeader.contentType(buffer, at) != ContentType.APPLICATION_DATA) {
      return Opening.NOT_AUTHENTIC;
    }
    int fragment = RecordHeader.fragmentLength(buffer, at);
    int inner = fragment - CipherType.TAG_LENGTH;
    plaintextIndex = at + RecordHeader.LENGTH;
    cipher.nonce(info.ivTail() ^ recSeq());
    cipher.aad(ContentType.APPLICATION_DATA, fragment);
    if (!cipher.open(buffer, plaintextIndex, inner)) {
      return Opening.NOT_AUTHENTIC;
    }
    int last = plaintextIndex + inner - 1;
    while (last >= plaintextIndex && buffer.getByte(last) == 0) {
      last--;
    }
    if (last < plaintextIndex) {
      return Opening.NO_TYPE;
    }
    contentType = buffer.getUnsignedByte(last);
    plaintextLength = last - plaintextIndex;
    padded = plaintextLength < inner - 1;
    return Opening.OPENED;
  }

  /// RFC 5246 §6.2.3.3; the explicit nonce of GCM is the peer's choice and read from the wire.
  private Opening openTls12(ByteBuf buffer, int at) {
    int nonceIndex = at + RecordHeader.LENGTH;
    contentType = RecordHeader.contentType(buffer, at);
    plaintextIndex = nonceIndex + explicitNonceLength;
    plaintextLength = RecordHeader.fragmentLength(buffer, at) - minFragment;
    cipher.nonce(explicitNonceLength == 0 ? info.ivTail() ^ recSeq() : buffer.getLong(nonceIndex));
    cipher.aad(recSeq(), contentType, plaintextLength);
    return cipher.open(buffer, plaintextIndex, plaintextLength)
        ? Opening.OPENED
        : Opening.NOT_AUTHENTIC;
  }

  @Override
  public void close() {
    cipher.close();
    info.close();
  }
}
