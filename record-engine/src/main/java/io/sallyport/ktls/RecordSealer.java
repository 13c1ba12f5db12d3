package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// Cuts what is sent into records, pads and seals them, and holds the record that `MSG_MORE` keeps
/// open.
///
/// Data becomes records in one of two ways: [#sealInPlace] makes one record in the data's own
/// buffer, where [#fitsInPlace] allows it; [#seal] writes any number of them to a new buffer.
///
/// What it answers are whole records with their sequence numbers spent: they must be sent, in this
/// order. Owned by its [TxContext], which knows the key.
final class RecordSealer {
  /// Bytes before a payload at most: the header and the explicit nonce of TLS 1.2.
  static final int MAX_PREFIX_LENGTH = RecordHeader.LENGTH + Long.BYTES;

  private static final int MIN_PAYLOAD_TLS_1_2 = 64;
  private static final int MIN_PAYLOAD_TLS_1_3 = 63;

  /// An open record begins with room for so many bytes and grows.
  private static final int OPEN_RECORD_CAPACITY = 512;

  private final ByteBufAllocator allocator;

  /// Payload of the open record, behind room for what comes before it.
  private @Nullable ByteBuf open;

  private int maxPayload = RecordHeader.MAX_PLAINTEXT;
  private RecordPadding padding = RecordPadding.None.NONE;

  RecordSealer(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  int maxPayloadLength() {
    return maxPayload;
  }

  /// Kernel: `TLS_TX_MAX_PAYLOAD_LEN`.
  ///
  /// @param version what the key is for; null while there is none
  void setMaxPayloadLength(int length, @Nullable TlsVersion version) {
    if (open != null) {
      throw new KtlsException(KtlsErrno.EBUSY, "a record is open: send without MORE first");
    }
    int min = version == TlsVersion.TLS_1_3 ? MIN_PAYLOAD_TLS_1_3 : MIN_PAYLOAD_TLS_1_2;
    if (length < min || length > RecordHeader.MAX_PLAINTEXT) {
      throw new KtlsException(
          KtlsErrno.EINVAL,
          "found a maximum payload of " + length + " bytes, expected " + min + " to 16384");
    }
    maxPayload = length;
  }

  void setPadding(RecordPadding next) {
    padding = next;
  }

  /// Records that `length` bytes make, at least one. Most sends make one, and need no division.
  int records(int length) {
    return length <= maxPayload ? 1 : (length - 1) / maxPayload + 1;
  }

  // The open record.

  boolean hasOpen() {
    return open != null;
  }

  /// Bytes of payload in the open record.
  int openLength(TxState key) {
    return open == null ? 0 : open.writerIndex() - key.prefixLength();
  }

  /// Bytes that the open record, or the next one, still takes.
  int room(TxState key) {
    return maxPayload - openLength(key);
  }

  /// Adds bytes of `data` to the open record, as many as it takes, and opens one when there is
  /// none.
  void append(TxState key, ByteBuf data) {
    ByteBuf record = open;
    if (record == null) {
      // The payload's limit and all that stands around it.
      int maxCapacity = maxPayload + key.overhead();
      int prefix = key.prefixLength();
      record =
          allocator
              .directBuffer(Math.min(OPEN_RECORD_CAPACITY, maxCapacity), maxCapacity)
              .setIndex(prefix, prefix);
      open = record;
    }
    int fits = Math.min(data.readableBytes(), room(key));
    record.ensureWritable(fits).writeBytes(data, fits);
  }

  /// Seals the open record where it lies; there must be one. When memory runs out it stays open.
  ByteBuf sealOpen(TxState key) {
    ByteBuf record = open;
    if (record == null) {
      throw new IllegalStateException("no record is open");
    }
    record.ensureWritable(suffixLength(key, record.readableBytes()));
    open = null;
    return sealInPlace(key, ContentType.APPLICATION_DATA, record);
  }

  /// Drops the open record, as the kernel does at the end.
  void dropOpen() {
    if (open != null) {
      open.release();
      open = null;
    }
  }

  // One record in the buffer of its payload.

  /// Whether [#sealInPlace] may take `data` of a sender that gives its reference away: it is the
  /// only one, what is readable makes exactly one record, and there is memory around it already.
  ///
  /// A buffer derived from another may share its memory with others of that one. A buffer much
  /// larger than its record is given back instead of being kept until the peer takes the record.
  boolean fitsInPlace(TxState key, ByteBuf data) {
    int length = data.readableBytes();
    return data.readerIndex() >= key.prefixLength()
        && length > 0
        && length <= maxPayload
        && length >= data.capacity() / ReceiveQueue.MAX_PINNED_SHARE
        && open == null
        && data.refCnt() == 1
        && data.unwrap() == null
        && data.isDirect()
        && data.isContiguous()
        && !data.isReadOnly()
        && data.maxFastWritableBytes() >= suffixLength(key, length);
  }

  /// Makes a record of the readable bytes of `payload` where they lie, and of the buffer the
  /// record: header and tag are written before and behind them.
  ByteBuf sealInPlace(TxState key, int contentType, ByteBuf payload) {
    int from = payload.readerIndex();
    int length = payload.readableBytes();
    payload.ensureWritable(suffixLength(key, length));
    int at = from - key.prefixLength();
    int sealed = key.seal(contentType, payload, from, length, zeros(key, length), payload, at);
    return payload.setIndex(at, at + sealed);
  }

  private int suffixLength(TxState key, int length) {
    return key.overhead() - key.prefixLength() + zeros(key, length);
  }

  // Records in a buffer of their own.

  /// Records of the next `length` bytes of `data`, whose reader index stays, in one buffer.
  ByteBuf seal(TxState key, int contentType, ByteBuf data, int length) {
    ByteBuf out = allocator.directBuffer(sealedLength(key, length));
    try {
      int from = data.readerIndex();
      for (int left = length; left > 0; ) {
        int fragment = Math.min(maxPayload, left);
        int at = out.writerIndex();
        out.writerIndex(at + sealFragment(key, contentType, data, from, fragment, out, at));
        from += fragment;
        left -= fragment;
      }
      return out;
    } catch (RuntimeException e) {
      out.release();
      throw e;
    }
  }

  private int sealFragment(
      TxState key, int contentType, ByteBuf data, int from, int length, ByteBuf out, int at) {
    int zeros = zeros(key, length);
    if (data.isDirect() && data.nioBufferCount() == 1) {
      return key.seal(contentType, data, from, length, zeros, out, at);
    }
    int payloadAt = at + key.prefixLength();
    out.setBytes(payloadAt, data, from, length);
    return key.seal(contentType, out, payloadAt, length, zeros, out, at);
  }

  private int sealedLength(TxState key, int length) {
    int full = records(length) - 1;
    int rest = length - full * maxPayload;
    return full * (maxPayload + key.overhead() + zeros(key, maxPayload))
        + rest
        + key.overhead()
        + zeros(key, rest);
  }

  /// RFC 8449 §4: padding counts against the limit.
  private int zeros(TxState key, int length) {
    return key.version == TlsVersion.TLS_1_3 ? padding.zeros(length + 1, maxPayload - length) : 0;
  }
}
