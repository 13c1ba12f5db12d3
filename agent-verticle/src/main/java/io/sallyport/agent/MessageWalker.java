package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.ByteArrayOutputStream;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.HandshakeType;

/// Follows the handshake messages through the records that carry them, however they are split or
/// put together.
///
/// Its question: does a message that a change of keys follows end its record? What stands behind
/// such a message came under the old keys and must not be taken as if it had come under the new
/// ones, nor be lost between the handshake and the record layer (RFC 9846 §5.1, 8446 §5.1). Bouncy
/// Castle does not ask. It also bounds each message, knows which came last, and keeps the first
/// one. Confined to one handshake.
final class MessageWalker {
  /// Bytes of a message. A ClientHello has a lower limit.
  static final int MESSAGE_MAX = 100 << 10;

  /// Bytes of the first message.
  static final int HELLO_MAX = 64 << 10;

  private static final int HEADER_LENGTH = 4;

  private int headerSeen;
  private int messageType;
  private int bodyLeft;
  private int actedOn;
  private int messages;
  private boolean followsServerHello;
  private final ByteArrayOutputStream hello = new ByteArrayOutputStream();

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
        keepHello(content, at, step);
        at += step;
        bodyLeft -= step;
      }
      if (headerSeen == HEADER_LENGTH && bodyLeft == 0) {
        headerSeen = 0;
        messages++;
        followsServerHello |= messageType == HandshakeType.server_hello && at < end;
        if (isBeforeKeyChange() && at < end) {
          throw new Refusal(
              AlertDescription.unexpected_message,
              FailureReason.UNEXPECTED_MESSAGE,
              "peer sent data behind a "
                  + HandshakeType.getName((short) messageType)
                  + " in the same record");
        }
      }
    }
  }

  private void takeHeaderByte(int value) throws Refusal {
    if (headerSeen == 0) {
      messageType = value;
      bodyLeft = 0;
    } else {
      bodyLeft = bodyLeft << 8 | value;
    }
    headerSeen++;
    if (headerSeen == HEADER_LENGTH) {
      checkLength();
    }
  }

  private void checkLength() throws Refusal {
    int max = messages == 0 ? HELLO_MAX : MESSAGE_MAX;
    if (bodyLeft > max) {
      throw new Refusal(
          AlertDescription.illegal_parameter,
          FailureReason.TOO_MUCH_DATA,
          "peer sent a "
              + HandshakeType.getName((short) messageType)
              + " of "
              + bodyLeft
              + " bytes, more than "
              + max);
    }
  }

  private void keepHello(byte[] content, int at, int length) {
    if (messages == 0) {
      hello.write(content, at, length);
    }
  }

  /// Whether something followed a ServerHello in its record, which TLS 1.3 forbids.
  boolean followsServerHello() {
    return followsServerHello;
  }

  /// Whether a message has begun and not ended.
  boolean isWithinMessage() {
    return headerSeen > 0;
  }

  /// A message of this type is acted on. It may stand before others in its record.
  void actOn(int type) {
    actedOn = type;
  }

  /// Type of the message that was acted on last; 0 before the first.
  int messageType() {
    return actedOn;
  }

  /// The body of the peer's first message, as much of it as came.
  byte[] hello() {
    return hello.toByteArray();
  }

  private boolean isBeforeKeyChange() {
    return messageType == HandshakeType.client_hello || messageType == HandshakeType.finished;
  }
}
