package io.sallyport.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A line, and the value that chains it to the one before: SHA-256 over the 64 hexadecimal digits
/// of the value before and the content.
///
/// The value is the last member of the line's object, so that a line is its content and
/// [#CHAIN_LENGTH] bytes of known form.
///
/// @param sequence counts the lines of a log from 0, over all of its files
/// @param time when it was, as in the content
/// @param content everything before the value, printable ASCII
/// @param chain the value
record ChainedLine(long sequence, String time, String content, String chain) {
  /// The value before the first line.
  static final String START = "0".repeat(64);

  /// Bytes of a line, its end included. What [LineText] makes is shorter: see its test.
  static final int LENGTH_MAX = 8192;

  private static final String BEFORE = ",\"chain\":\"";
  private static final String BEHIND = "\"}";
  private static final int CHAIN_LENGTH = BEFORE.length() + START.length() + BEHIND.length();
  private static final Pattern CHAIN =
      Pattern.compile(Pattern.quote(BEFORE) + "([0-9a-f]{64})" + Pattern.quote(BEHIND));
  private static final Pattern CONTENT =
      Pattern.compile("\\{\"seq\":([0-9]{1,18}),\"time\":\"([^\"]{1,40})\",[ -~]*");

  /// A line with this content, behind the line with that value.
  static ChainedLine of(long sequence, AuditEntry entry, String previous) {
    String content = LineText.of(sequence, entry);
    return new ChainedLine(sequence, LineText.time(entry), content, link(previous, content));
  }

  /// Null for bytes that have not the form of a line; whether its chain value is right is another
  /// question.
  ///
  /// @param line without its end
  static @Nullable ChainedLine parse(byte[] line) {
    int length = line.length - CHAIN_LENGTH;
    if (length < 0 || line.length >= LENGTH_MAX) {
      return null;
    }
    String text = new String(line, StandardCharsets.ISO_8859_1);
    Matcher content = CONTENT.matcher(text).region(0, length);
    Matcher chain = CHAIN.matcher(text).region(length, text.length());
    return content.matches() && chain.matches()
        ? new ChainedLine(
            Long.parseLong(content.group(1)),
            content.group(2),
            text.substring(0, length),
            chain.group(1))
        : null;
  }

  /// The bytes, with a line feed at their end.
  byte[] bytes() {
    return (content + BEFORE + chain + BEHIND + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /// The value that a line with this content has behind that value.
  static String link(String previous, String content) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(previous.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(sha256.digest(content.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }
}
