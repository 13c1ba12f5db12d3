package io.sallyport.agent;

import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.HandshakeType;

/// Follows the handshake messages through the records that carry them, however they are split or
/// put together.
///
/// It has one question: does a message that a change of keys follows end its record? What stands
/// behind such a message came under the old keys and must not be taken as if it had come under the
/// new ones, nor be lost between the handshake and the record layer (RFC 9846 §5.1, 8446 §5.1).
/// Bouncy Castle does not ask. Confined to one handshake.
final class MessageWalker {
  private static final int HEADER_LENGTH = 4;

  private int headerSeen;
  private int messageType;
  private int bodyLeft;

  /// Walks over the content of one handshake record.
  ///
  /// @throws Refusal unexpected_message when something follows a ClientHello or Finished in it
  void walk(byte[] content, int offset, int length) throws Refusal {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (headerSeen < HEADER_LENGTH) {
        takeHeaderByte(content[at++] & 0xFF);
      } else {
        int step = Math.min(bodyLeft, end - at);
        at += step;
        bodyLeft -= step;
      }
      if (headerSeen == HEADER_LENGTH && bodyLeft == 0) {
        headerSeen = 0;
        if (isBeforeKeyChange() && at < end) {
          throw new Refusal(
              AlertDescription.unexpected_message,
              "peer sent data behind a "
                  + HandshakeType.getName((short) messageType)
                  + " in the same record");
        }
      }
    }
  }

  private void takeHeaderByte(int value) {
    if (headerSeen == 0) {
      messageType = value;
      bodyLeft = 0;
    } else {
      bodyLeft = bodyLeft << 8 | value;
    }
    headerSeen++;
  }

  private boolean isBeforeKeyChange() {
    return messageType == HandshakeType.client_hello || messageType == HandshakeType.finished;
  }
}
