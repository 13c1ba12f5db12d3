package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.ContentType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.tls.AlertDescription;
import org.jspecify.annotations.Nullable;

/// Cuts the peer's bytes into whole records (RFC 9846 §5.1), and knows what is no record.
///
/// A header is judged before the record is waited for, so that no more is kept than one read of the
/// network and one record. Confined to one handshake.
final class RecordReader {
  static final int HEADER_LENGTH = 5;

  private static final int MAJOR_VERSION = 1;
  private static final int LENGTH = 3;
  private static final int TLS_MAJOR = 3;

  private static final int PLAINTEXT_MAX = 1 << 14;
  private static final int CIPHERTEXT_MAX = PLAINTEXT_MAX + 256;

  /// How the requests begin that get lost on a TLS port.
  private static final List<String> HTTP =
      List.of(
          "GET ", "HEAD ", "POST ", "PUT ", "DELET", "CONNE", "OPTIO", "TRACE", "PATCH", "PRI ");

  private byte[] buffer = new byte[0];
  private int start;
  private boolean first = true;

  /// Takes the readable bytes of `bytes`; does not release it.
  void append(ByteBuf bytes) {
    int kept = buffer.length - start;
    byte[] joined = new byte[kept + bytes.readableBytes()];
    System.arraycopy(buffer, start, joined, 0, kept);
    bytes.readBytes(joined, kept, joined.length - kept);
    buffer = joined;
    start = 0;
  }

  /// The next record with its header, null while it is not complete.
  ///
  /// @throws NotTlsException when the first bytes are no TLS at all
  /// @throws Refusal when a header has a type or length that TLS does not know
  byte @Nullable [] next() throws NotTlsException, Refusal {
    int available = buffer.length - start;
    if (available < HEADER_LENGTH) {
      return null;
    }
    if (first && buffer[start + MAJOR_VERSION] != TLS_MAJOR) {
      throw notTls();
    }
    int recordLength = HEADER_LENGTH + fragmentLength();
    first = false;
    if (available < recordLength) {
      return null;
    }
    byte[] record = Arrays.copyOfRange(buffer, start, start + recordLength);
    start += recordLength;
    return record;
  }

  private int fragmentLength() throws Refusal {
    int contentType = buffer[start] & 0xFF;
    int length = (buffer[start + LENGTH] & 0xFF) << 8 | (buffer[start + LENGTH + 1] & 0xFF);
    int max =
        switch (contentType) {
          case ContentType.APPLICATION_DATA -> CIPHERTEXT_MAX;
          // In TLS 1.2 a Finished is encrypted under this type; it is far from the limit.
          case ContentType.HANDSHAKE, ContentType.ALERT, ContentType.CHANGE_CIPHER_SPEC ->
              PLAINTEXT_MAX;
          default ->
              throw new Refusal(
                  AlertDescription.unexpected_message,
                  FailureReason.UNKNOWN_RECORD_TYPE,
                  "peer sent a record of the unknown type " + contentType);
        };
    if (length > max) {
      throw new Refusal(
          AlertDescription.record_overflow,
          FailureReason.RECORD_OVERFLOW,
          "peer sent a record of " + length + " bytes, more than " + max);
    }
    return length;
  }

  private NotTlsException notTls() {
    String text = new String(buffer, start, HEADER_LENGTH, StandardCharsets.ISO_8859_1);
    return HTTP.stream().anyMatch(text::startsWith)
        ? new NotTlsException(FailureReason.PLAIN_HTTP, "plain HTTP request on a TLS port")
        : new NotTlsException(FailureReason.NOT_TLS, "not a TLS record");
  }

  /// What was not handed out; after this the reader is empty.
  ByteBuf rest() {
    ByteBuf rest = Unpooled.wrappedBuffer(buffer, start, buffer.length - start);
    buffer = new byte[0];
    start = 0;
    return rest;
  }
}
