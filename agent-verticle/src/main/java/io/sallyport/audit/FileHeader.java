package io.sallyport.audit;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The first line of each file.
///
/// @param member who writes the log
/// @param log a random name, the same in all files of a log
/// @param number of the file, counted from 1; it is in the file's name, too
/// @param previous the chain value of the file before
record FileHeader(Instant time, String member, String log, int number, String previous)
    implements AuditEntry {
  static final String FORMAT = "sallyport-audit-1";
  private static final Pattern MEMBER = Pattern.compile("[!-~&&[^\"\\\\]]{1,255}");
  private static final Pattern FORM =
      Pattern.compile(
          "\\{\"seq\":[0-9]{1,18},\"time\":\"([0-9T:.Z-]{20,30})\",\"event\":\"file\",\"format\":\""
              + FORMAT
              + "\",\"member\":\"("
              + MEMBER
              + ")\",\"log\":\"([0-9a-f]{32})\",\"number\":([0-9]{1,9}),\"previous\":\"([0-9a-f]{64})\"");

  FileHeader {
    if (!MEMBER.matcher(member).matches()) {
      throw new IllegalArgumentException("a member's name of other characters");
    }
  }

  /// Null for the content of any other line.
  static @Nullable FileHeader parse(String content) {
    Matcher form = FORM.matcher(content);
    if (!form.matches()) {
      return null;
    }
    try {
      return new FileHeader(
          Instant.parse(form.group(1)),
          form.group(2),
          form.group(3),
          Integer.parseInt(form.group(4)),
          form.group(5));
    } catch (DateTimeParseException _) {
      return null;
    }
  }
}
