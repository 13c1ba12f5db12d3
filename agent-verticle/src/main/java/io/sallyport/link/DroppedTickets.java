package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.sallyport.handshake.PostHandshake;

/// Takes the tickets that a server sends behind a handshake which another member did, and drops
/// them: what they resume is known there and not here. Any other message is one too many.
final class DroppedTickets implements PostHandshake {
  private static final int HEADER_LENGTH = 4;
  private static final int NEW_SESSION_TICKET = 4;

  /// Bytes of the current message's header that came.
  private int headerLength;

  /// Bytes of the current message's body that are still to come.
  private int left;

  @Override
  public boolean received(ByteBuf content) {
    try {
      while (content.isReadable()) {
        if (headerLength < HEADER_LENGTH) {
          int next = content.readUnsignedByte();
          if (headerLength == 0 && next != NEW_SESSION_TICKET) {
            return false;
          }
          left = headerLength == 0 ? 0 : left << Byte.SIZE | next;
          headerLength++;
        } else {
          int skipped = Math.min(left, content.readableBytes());
          content.skipBytes(skipped);
          left -= skipped;
        }
        if (headerLength == HEADER_LENGTH && left == 0) {
          headerLength = 0;
        }
      }
      return true;
    } finally {
      content.release();
    }
  }

  @Override
  public void close() {}
}
