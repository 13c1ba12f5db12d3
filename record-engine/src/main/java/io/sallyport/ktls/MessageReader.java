package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import java.nio.ReadOnlyBufferException;

/// One call of `recvmsg` under way: the caller's buffer, and what is in it so far.
///
/// Takes records until it is full or has met something that may not follow: a second type, a
/// control record's end, a record that does not fit.
final class MessageReader {
  /// What one record came to.
  enum Taken {
    /// All of it was read, and it is used up.
    WHOLE,
    /// It stays: some of it is unread, or the call only peeks.
    KEPT,
    /// It is of another type than what was read before.
    OTHER_TYPE,
    /// It is no data and the caller has no room for its type.
    NO_ROOM_FOR_TYPE,
    /// The caller's buffer cannot be written.
    UNWRITABLE
  }

  private final ByteBuf into;
  private final boolean withType;
  private final boolean peek;

  private int length;
  private int contentType = ContentType.NONE;
  private boolean endOfRecord;
  private boolean over;

  MessageReader(ByteBuf into, boolean withType, boolean peek) {
    this.into = into;
    this.withType = withType;
    this.peek = peek;
  }

  boolean takesMore() {
    return !over && into.isWritable();
  }

  int length() {
    return length;
  }

  /// Room for a record that would be decrypted straight into the caller's buffer.
  int zeroCopyRoom() {
    return peek ? 0 : into.writableBytes();
  }

  ReceivedMessage message() {
    return new ReceivedMessage.Message(
        length, withType ? contentType : ContentType.NONE, endOfRecord);
  }

  /// Reads of a record what fits; its reader index moves unless this is a peek.
  Taken read(int type, ByteBuf content) {
    if (contentType == ContentType.NONE) {
      if (type != ContentType.APPLICATION_DATA && !withType) {
        over = true;
        return Taken.NO_ROOM_FOR_TYPE;
      }
    } else if (type != contentType) {
      over = true;
      return Taken.OTHER_TYPE;
    }
    int fits = Math.min(into.writableBytes(), content.readableBytes());
    if (!copy(content, fits)) {
      over = true;
      return Taken.UNWRITABLE;
    }
    contentType = type;
    boolean whole = fits == content.readableBytes();
    over = !whole || type != ContentType.APPLICATION_DATA;
    if (peek) {
      return Taken.KEPT;
    }
    content.skipBytes(fits);
    endOfRecord |= whole;
    return whole ? Taken.WHOLE : Taken.KEPT;
  }

  /// Reads of a record that an earlier call left. A peek at one says that it ends, whether it does
  /// or not, as in the kernel.
  Taken readParked(int type, ByteBuf content) {
    Taken taken = read(type, content);
    endOfRecord |= peek && taken == Taken.KEPT;
    return taken;
  }

  /// Plain bytes have no type and no records.
  boolean readPlain(ByteBuf bytes) {
    int fits = Math.min(into.writableBytes(), bytes.readableBytes());
    if (!copy(bytes, fits)) {
      return false;
    }
    if (!peek) {
      bytes.skipBytes(fits);
    }
    return true;
  }

  private boolean copy(ByteBuf from, int fits) {
    try {
      into.writeBytes(from, from.readerIndex(), fits);
    } catch (ReadOnlyBufferException _) {
      return false;
    }
    length += fits;
    return true;
  }
}
