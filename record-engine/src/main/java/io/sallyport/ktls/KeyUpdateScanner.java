package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;

/// Finds KeyUpdate messages in the handshake records of one direction (RFC 9846 §4.7.3, 8446
/// §4.6.3), wherever record boundaries fall: behind other messages in a record, or spread over
/// several. The kernel looks at the first byte of each record only.
///
/// Reads a record at a time and keeps four bytes: what it knows of the message under way.
final class KeyUpdateScanner {
  /// A KeyUpdate is 4 bytes of header and one of content.
  static final int MESSAGE_LENGTH = 5;

  /// The message's type.
  static final int KEY_UPDATE = 24;

  private static final int HEADER_LENGTH = 4;

  /// What the last record held.
  enum Found {
    /// No KeyUpdate, or only a part of one.
    NONE,
    /// A whole KeyUpdate, which ends the record.
    KEY_UPDATE,
    /// A whole KeyUpdate and something behind it, which RFC 9846 §5.1 forbids.
    NOT_LAST,
    /// A KeyUpdate of the wrong length.
    MALFORMED
  }

  private int headerBytes;
  private int type;
  private int bodyLength;
  private int bodyLeft;
  private int request;
  private int otherLength;

  /// Whether a message has begun and not ended.
  boolean isMidMessage() {
    return headerBytes > 0;
  }

  /// The last byte of the KeyUpdate found: 0 update_not_requested, 1 update_requested.
  int request() {
    return request;
  }

  /// Leading bytes of the last record that belong to other messages.
  int otherLength() {
    return otherLength;
  }

  /// Reads the content of one handshake record.
  Found scan(ByteBuf buffer, int index, int length) {
    otherLength = 0;
    int end = index + length;
    int at = index;
    while (at < end) {
      if (headerBytes < HEADER_LENGTH) {
        readHeader(buffer.getUnsignedByte(at++));
      } else {
        request = buffer.getUnsignedByte(at);
        int body = Math.min(bodyLeft, end - at);
        bodyLeft -= body;
        at += body;
      }
      boolean ended = headerBytes == HEADER_LENGTH && bodyLeft == 0;
      if (ended) {
        headerBytes = 0;
      }
      if (type != KEY_UPDATE) {
        otherLength = at - index;
      } else if ((ended || headerBytes == HEADER_LENGTH) && bodyLength != 1) {
        return Found.MALFORMED;
      } else if (ended) {
        return at < end ? Found.NOT_LAST : Found.KEY_UPDATE;
      }
    }
    return Found.NONE;
  }

  /// RFC 9846 §4: one byte of type, three of length.
  private void readHeader(int next) {
    if (headerBytes == 0) {
      type = next;
      bodyLength = 0;
    } else {
      bodyLength = bodyLength << 8 | next;
      bodyLeft = bodyLength;
    }
    headerBytes++;
  }
}
