package io.sallyport.audit;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The content of a line: an object of JSON without its last member, the chain value, and without
/// its closing brace.
///
/// Each entry has one form: its fields in a fixed order, no blanks, printable ASCII only. Whatever
/// a text holds, it ends neither its string nor the line.
final class LineText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final StringBuilder text = new StringBuilder(512);

  private LineText(long sequence, AuditEntry entry, String event) {
    text.append("{\"seq\":").append(sequence);
    put("time", time(entry));
    put("event", event);
  }

  static String of(long sequence, AuditEntry entry) {
    LineText line =
        switch (entry) {
          case KeyUse use -> new LineText(sequence, use, "key_use").put(use);
          case FileHeader header -> new LineText(sequence, header, "file").put(header);
          case AuditEntry.Start start -> new LineText(sequence, start, "start");
          case AuditEntry.Stop stop -> new LineText(sequence, stop, "stop");
          case AuditEntry.Cut cut ->
              new LineText(sequence, cut, "cut").put("bytes", cut.bytes()).put("text", cut.text());
          case AuditEntry.Damage damage ->
              new LineText(sequence, damage, "damage")
                  .put("file", damage.file())
                  .put("found", damage.found())
                  .put("expected", damage.expected());
          case AuditEntry.Denied denied ->
              new LineText(sequence, denied, "denied")
                  .put("full", denied.full())
                  .put("failing", denied.failing());
        };
    return line.text.toString();
  }

  /// When an entry happened, in UTC, to the millisecond.
  static String time(AuditEntry entry) {
    return TIME.format(entry.time());
  }

  private LineText put(KeyUse use) {
    put("member", use.member());
    put("consumer", use.consumer());
    put("keyring", use.keyring());
    put("key", use.key().toString());
    put("operation", use.operation().toString());
    put("sni", use.serverName());
    return switch (use.result()) {
      case KeyUse.Done _ -> put("result", "done");
      case KeyUse.Refused(var reason) -> put("result", "refused").put("reason", reason.toString());
    };
  }

  private LineText put(FileHeader header) {
    put("format", FileHeader.FORMAT);
    put("member", header.member());
    put("log", header.log());
    put("number", header.number());
    return put("previous", header.previous());
  }

  private LineText put(String name, long value) {
    text.append(",\"").append(name).append("\":").append(value);
    return this;
  }

  private LineText put(String name, @Nullable String value) {
    text.append(",\"").append(name).append("\":");
    if (value == null) {
      text.append("null");
    } else {
      text.append('"');
      value.chars().forEach(this::escape);
      text.append('"');
    }
    return this;
  }

  private void escape(int unit) {
    if (unit == '"' || unit == '\\') {
      text.append('\\').append((char) unit);
    } else if (unit >= ' ' && unit <= '~') {
      text.append((char) unit);
    } else {
      text.append(String.format("\\u%04x", unit));
    }
  }
}
