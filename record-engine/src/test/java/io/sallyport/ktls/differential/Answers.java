package io.sallyport.ktls.differential;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// Answers as one line of text, the same for both endpoints, so that they compare as strings.
final class Answers {
  private static final int SHOWN_BYTES = 64;
  private static final int RECORD_HEADER = 5;

  private Answers() {}

  /// A count, or the name of the error that a negative result stands for.
  static String result(long result) {
    return result < 0 ? Linux.errnoName((int) -result) : Long.toString(result);
  }

  /// An option's bytes behind their number.
  static String option(byte[] value) {
    return (value.length + " " + HexFormat.of().formatHex(value)).strip();
  }

  /// A message with its type, if there was room for one, and the mark of a record's end.
  static String message(byte[] data, int contentType, boolean endOfRecord) {
    return (data.length
            + (contentType == 0 ? "" : " type=" + contentType)
            + (endOfRecord ? " EOR" : "")
            + " "
            + bytes(data))
        .strip();
  }

  /// The bytes in full, or their start and a digest.
  static String bytes(byte[] data) {
    if (data.length <= SHOWN_BYTES) {
      return HexFormat.of().formatHex(data);
    }
    return HexFormat.of().formatHex(data, 0, 8) + ".." + digest(data);
  }

  /// What arrived on the wire: its length, and the headers of its records with a digest of all of
  /// it; the bytes themselves where they are no records.
  static String wire(byte[] data) {
    StringBuilder headers = new StringBuilder();
    int at = 0;
    while (at + RECORD_HEADER <= data.length && isHeader(data, at)) {
      headers.append(at == 0 ? "" : " ");
      headers.append(HexFormat.of().formatHex(data, at, at + RECORD_HEADER));
      at += RECORD_HEADER + fragmentLength(data, at);
    }
    boolean records = at == data.length && at > 0;
    return ("wire "
            + data.length
            + " "
            + (records ? "[" + headers + "] " + digest(data) : bytes(data)))
        .strip();
  }

  private static boolean isHeader(byte[] data, int at) {
    return data[at + 1] == 3 && data[at + 2] == 3;
  }

  private static int fragmentLength(byte[] data, int at) {
    return (data[at + 3] & 0xff) << 8 | (data[at + 4] & 0xff);
  }

  private static String digest(byte[] data) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(data);
      return HexFormat.of().formatHex(Arrays.copyOf(digest, 6));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /// The events of `poll`, in the order of their bits.
  static String events(int events) {
    StringBuilder text = new StringBuilder();
    append(text, events, Linux.POLLIN, "IN");
    append(text, events, Linux.POLLPRI, "PRI");
    append(text, events, Linux.POLLOUT, "OUT");
    append(text, events, Linux.POLLERR, "ERR");
    append(text, events, Linux.POLLHUP, "HUP");
    append(text, events, Linux.POLLRDHUP, "RDHUP");
    return text.isEmpty() ? "-" : text.toString();
  }

  private static void append(StringBuilder text, int events, int bit, String name) {
    if ((events & bit) != 0) {
      text.append(text.isEmpty() ? "" : "|").append(name);
    }
  }
}
