package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import java.util.Optional;

/// An alert record's content (RFC 9846 §6, 8446 §6): two bytes, level and description.
///
/// @param level 1 for warning, 2 for fatal
/// @param description the number of the IANA registry
public record Alert(int level, int description) {
  private static final int WARNING = 1;
  private static final int FATAL = 2;

  /// Bytes of an alert.
  static final int LENGTH = 2;

  /// unexpected_message.
  public static final int UNEXPECTED_MESSAGE = 10;

  /// bad_record_mac.
  public static final int BAD_RECORD_MAC = 20;

  /// record_overflow.
  public static final int RECORD_OVERFLOW = 22;

  /// illegal_parameter.
  public static final int ILLEGAL_PARAMETER = 47;

  /// decode_error.
  public static final int DECODE_ERROR = 50;

  /// protocol_version.
  public static final int PROTOCOL_VERSION = 70;

  /// internal_error.
  public static final int INTERNAL_ERROR = 80;

  /// The end of the sender's data (RFC 9846 §6.1).
  public static final Alert CLOSE_NOTIFY = new Alert(WARNING, 0);

  /// A fatal alert with this description.
  public static Alert fatal(int description) {
    return new Alert(FATAL, description);
  }

  /// Reads the content of an alert record; empty when it is not exactly one alert (RFC 9846 §5.1
  /// forbids to fragment or to coalesce alerts). Does not release `content`.
  public static Optional<Alert> parse(ByteBuf content) {
    if (content.readableBytes() != LENGTH) {
      return Optional.empty();
    }
    int at = content.readerIndex();
    return Optional.of(new Alert(content.getUnsignedByte(at), content.getUnsignedByte(at + 1)));
  }

  /// Appends the two bytes to `out`.
  public void write(ByteBuf out) {
    out.writeByte(level);
    out.writeByte(description);
  }

  /// Whether the sender ends the connection with it.
  public boolean isFatal() {
    return level == FATAL;
  }

  /// Whether this is a `close_notify`, whatever its level says (RFC 9846 §6: levels are ignored).
  public boolean isCloseNotify() {
    return description == CLOSE_NOTIFY.description;
  }
}
