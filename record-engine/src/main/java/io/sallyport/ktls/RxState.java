package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// The receiving direction of one socket: a key and the sequence number of the next record.
///
/// Opens one record at a time, in place. After a successful [#open] the fields of the last record
/// say what it was and where its plaintext lies; there is no object per record.
final class RxState implements AutoCloseable {
  final TlsVersion version;
  final CipherType cipherType;
  private final AeadCipher cipher;
  private final long ivTail;
  private final int explicitNonceLength;
  private final int minFragment;
  private final int maxFragment;
  private long recSeq;

  private int contentType;
  private int plaintextIndex;
  private int plaintextLength;

  RxState(CryptoInfo info, AeadBackend backend) {
    version = info.version();
    cipherType = info.cipherType();
    cipher = backend.forOpening(info);
    ivTail = info.saltAndIv().reveal().getLong(4);
    explicitNonceLength = cipherType.explicitNonceLength(version);
    int innerTypeLength = version == TlsVersion.TLS_1_3 ? 1 : 0;
    minFragment = explicitNonceLength + CipherType.TAG_LENGTH;
    maxFragment = RecordHeader.MAX_PLAINTEXT + minFragment + innerTypeLength;
    recSeq = info.recSeq();
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

  /// What is wrong with the record header at `at`, null when it is fine (kernel:
  /// `tls_rx_msg_size`).
  @Nullable KtlsErrno checkHeader(ByteBuf buffer, int at) {
    return RecordHeader.check(buffer, at, minFragment, maxFragment);
  }

  /// Decrypts the whole record at `at` in place. False when it is not authentic, or has no type.
  boolean open(ByteBuf buffer, int at) {
    if (recSeq == -1L) {
      return false;
    }
    boolean opened =
        switch (version) {
          case TLS_1_3 -> openTls13(buffer, at);
          case TLS_1_2 -> openTls12(buffer, at);
        };
    recSeq++;
    return opened;
  }

  /// RFC 9846 §5.2: the outer type must be application_data; §5.4: the inner type is the last byte
  /// that is not zero.
  private boolean openTls13(ByteBuf buffer, int at) {
    if (RecordHeader.contentType(buffer, at) != ContentType.APPLICATION_DATA) {
      return false;
    }
    int fragment = RecordHeader.fragmentLength(buffer, at);
    int inner = fragment - CipherType.TAG_LENGTH;
    plaintextIndex = at + RecordHeader.LENGTH;
    cipher.nonce(ivTail ^ recSeq);
    cipher.aad(ContentType.APPLICATION_DATA, fragment);
    if (!cipher.open(buffer, plaintextIndex, inner)) {
      return false;
    }
    int last = plaintextIndex + inner - 1;
    while (last >= plaintextIndex && buffer.getByte(last) == 0) {
      last--;
    }
    if (last < plaintextIndex) {
      return false;
    }
    contentType = buffer.getUnsignedByte(last);
    plaintextLength = last - plaintextIndex;
    return true;
  }

  /// RFC 5246 §6.2.3.3; the explicit nonce of GCM is the peer's choice and read from the wire.
  private boolean openTls12(ByteBuf buffer, int at) {
    int nonceIndex = at + RecordHeader.LENGTH;
    contentType = RecordHeader.contentType(buffer, at);
    plaintextIndex = nonceIndex + explicitNonceLength;
    plaintextLength = RecordHeader.fragmentLength(buffer, at) - minFragment;
    cipher.nonce(explicitNonceLength == 0 ? ivTail ^ recSeq : buffer.getLong(nonceIndex));
    cipher.aad(recSeq, contentType, plaintextLength);
    return cipher.open(buffer, plaintextIndex, plaintextLength);
  }

  @Override
  public void close() {
    cipher.close();
  }
}
