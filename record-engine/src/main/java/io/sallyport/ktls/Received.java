package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// What one [KtlsSocket#recv()] found. Bytes of two record types never come in one answer.
public sealed interface Received {

  /// Application data, or plain TCP bytes while no receive key is set.
  ///
  /// One object per socket, filled anew by each `recv`: take the content before the next call.
  final class ApplicationData implements Received {
    private ByteBuf content = Unpooled.EMPTY_BUFFER;

    ApplicationData() {}

    ApplicationData fill(ByteBuf next) {
      content = next;
      return this;
    }

    /// The bytes. The caller owns one reference and releases it.
    public ByteBuf content() {
      return content;
    }
  }

  /// A record of another type, whole: an alert, a handshake message, or a type nobody has named
  /// yet.
  ///
  /// @param contentType the type byte, see [ContentType]
  /// @param content the plaintext; the caller owns one reference and releases it
  record Control(int contentType, ByteBuf content) implements Received {}

  /// The socket is in error; what comes next on the wire cannot be trusted.
  ///
  /// @param errno EBADMSG, EMSGSIZE, EINVAL, EKEYEXPIRED, EPROTO, ENOMEM or ECONNRESET
  /// @param alert description of the fatal alert that RFC 9846 §6.2 has for it, to tell the peer
  record Failed(KtlsErrno errno, int alert) implements Received {
    /// With the alert that goes with the error number.
    public Failed(KtlsErrno errno) {
      this(errno, alertFor(errno));
    }

    private static int alertFor(KtlsErrno errno) {
      return switch (errno) {
        case EBADMSG -> Alert.BAD_RECORD_MAC;
        case EMSGSIZE -> Alert.RECORD_OVERFLOW;
        case EINVAL -> Alert.PROTOCOL_VERSION;
        case EPROTO -> Alert.UNEXPECTED_MESSAGE;
        default -> Alert.INTERNAL_ERROR;
      };
    }
  }

  /// The answers that carry nothing.
  enum Nothing implements Received {
    /// No complete record has arrived; `dataReady` will be called when that changes.
    WOULD_BLOCK,
    /// The peer closed its direction of the TCP connection, and every byte before that was read.
    /// Under TLS this is a clean end only after a `close_notify`.
    END_OF_STREAM
  }
}
