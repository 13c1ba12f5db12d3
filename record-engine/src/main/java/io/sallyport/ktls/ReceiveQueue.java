package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// The bytes of one socket that have arrived and were not taken yet, in one buffer.
///
/// Made so that a record is opened where it was read: the network reads into a buffer from
/// [#readRecordBuffer], and when a read ends in the middle of a record the next one goes on in the
/// same buffer. Owned by its socket. Holds what the network delivers; the socket's consumer bounds
/// that by not reading.
final class ReceiveQueue {
  /// A buffer larger than this is not kept for the piece of a record.
  private static final int MAX_IDLE_CAPACITY = 64 << 10;

  /// Plaintext keeps at most this many times its own length alive: whoever bounds the bytes it
  /// holds back bounds the memory too, whatever records a peer makes. A full record is a smaller
  /// part of the largest buffer.
  static final int MAX_PINNED_SHARE = 16;

  /// What is queued moves to where the next read goes when it is at most this part of it: cheaper
  /// than to read and to pass on the rest of one record by itself.
  private static final int MOVED_SHARE = 4;

  private final ByteBufAllocator allocator;
  private @Nullable ByteBuf buffer;

  /// Bytes of the record taken last, 0 before the first.
  private int lastRecord;

  ReceiveQueue(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /// What there is, null when there is nothing. Stays the queue's.
  @Nullable ByteBuf peek() {
    return buffer;
  }

  /// A buffer of `size` writable bytes to read plain bytes into. Where one read can make one record
  /// when it is sent on, there is room before it for what a record begins with. Behind it there is
  /// room too: a read that fills the buffer leaves what the pool rounded its size up by, which is
  /// beyond the capacity, so that no read goes there.
  ByteBuf readPlainBuffer(int size) {
    if (size > RecordHeader.MAX_PLAINTEXT) {
      return allocator.directBuffer(size);
    }
    int prefix = RecordSealer.MAX_PREFIX_LENGTH;
    return allocator.directBuffer(prefix + size).setIndex(prefix, prefix);
  }

  /// A buffer to read records into: the queued one while the record at its front still fits, else a
  /// new one, begun with what is queued; a new one, too, when little is queued and its buffer has
  /// room for less than half of `size`. Where little is queued a new one has room for all of `size`
  /// behind it. The caller owns a reference and gives it to [#append].
  ByteBuf readRecordBuffer(int size) {
    if (buffer == null) {
      return allocator.directBuffer(wholeRecords(size));
    }
    int queued = buffer.readableBytes();
    int room = buffer.writableBytes();
    int missing = missingOfRecord(buffer);
    boolean isLittle = queued <= size / MOVED_SHARE;
    if (missing <= 0) {
      if (room == 0) {
        move(buffer, queued + size);
      }
    } else if (room < missing || (isLittle && room < size / 2)) {
      // Room for all of a large read: the reader makes reads larger once it sees a full one.
      int wanted = isLittle ? queued + size : size;
      move(buffer, Math.max(wholeRecords(wanted), queued + missing));
    }
    return buffer.retain();
  }

  /// `size` rounded up to records like the last one, when it is not for pieces of one: a read that
  /// fills the buffer then leaves no piece behind, which would have to be moved.
  private int wholeRecords(int size) {
    return lastRecord == 0 || size < lastRecord / 2
        ? size
        : Math.ceilDiv(size, lastRecord) * lastRecord;
  }

  /// Nothing more is to be read for now: a large buffer is not kept for the piece of a record that
  /// is left, or peers that stop in mid-record could pin one each.
  void readComplete() {
    if (buffer == null || buffer.capacity() <= MAX_IDLE_CAPACITY) {
      return;
    }
    int missing = missingOfRecord(buffer);
    if (missing > 0) {
      move(buffer, buffer.readableBytes() + missing);
    }
  }

  private void move(ByteBuf from, int capacity) {
    ByteBuf to = allocator.directBuffer(capacity);
    to.writeBytes(from);
    from.release();
    buffer = to;
  }

  /// Bytes that the record at the front lacks, 0 or less when it is whole; enough for any header
  /// when it has none.
  private static int missingOfRecord(ByteBuf buffer) {
    int available = buffer.readableBytes();
    if (available < RecordHeader.LENGTH) {
      return RecordHeader.LENGTH + CipherType.TAG_LENGTH;
    }
    int record = RecordHeader.LENGTH + RecordHeader.fragmentLength(buffer, buffer.readerIndex());
    return record - available;
  }

  /// Adds bytes behind the others. Takes ownership; they may be in the buffer given out before.
  @SuppressWarnings("ReferenceEquality") // It is the question whether this is that very buffer.
  void append(ByteBuf bytes) {
    if (buffer == null) {
      buffer = bytes;
    } else if (bytes == buffer) {
      bytes.release();
    } else {
      ByteBuf before = buffer;
      buffer = null;
      buffer = join(before, bytes);
    }
  }

  /// Puts bytes before the others. Takes ownership.
  void prepend(ByteBuf bytes) {
    ByteBuf behind = buffer;
    buffer = null;
    buffer = behind == null ? bytes : join(bytes, behind);
  }

  /// Without memory both are lost, and whoever called hears of it: the stream has a hole then.
  private ByteBuf join(ByteBuf first, ByteBuf second) {
    try {
      ByteBuf joined = allocator.directBuffer(first.readableBytes() + second.readableBytes());
      return joined.writeBytes(first).writeBytes(second);
    } finally {
      first.release();
      second.release();
    }
  }

  /// Hands over everything; null when there is nothing. The caller releases it.
  @Nullable ByteBuf takeAll() {
    ByteBuf all = buffer;
    buffer = null;
    return all;
  }

  /// Removes the record of `recordLength` bytes at the front and hands over its plaintext, which
  /// lies at `offset` in it. The last record takes its buffer along; the others share it; what is
  /// small against its buffer is copied, so that it does not keep the buffer. The caller releases
  /// it.
  ByteBuf takeRecord(int recordLength, int offset, int length) {
    ByteBuf front = requireBuffer();
    int index = front.readerIndex() + offset;
    lastRecord = recordLength;
    if (length < front.capacity() / MAX_PINNED_SHARE) {
      ByteBuf copy = allocator.directBuffer(Math.max(1, length)).writeBytes(front, index, length);
      skipRecord(recordLength);
      return copy;
    }
    if (front.readableBytes() == recordLength) {
      buffer = null;
      return front.setIndex(index, index + length);
    }
    front.skipBytes(recordLength);
    return front.retainedSlice(index, length);
  }

  /// Removes the record of `recordLength` bytes at the front.
  void skipRecord(int recordLength) {
    lastRecord = recordLength;
    requireBuffer().skipBytes(recordLength);
    releaseIfRead();
  }

  private ByteBuf requireBuffer() {
    if (buffer == null) {
      throw new IllegalStateException("there is no record");
    }
    return buffer;
  }

  /// Gives the buffer back when all of it was read.
  void releaseIfRead() {
    if (buffer != null && !buffer.isReadable()) {
      release();
    }
  }

  /// Drops everything.
  void release() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
