package io.sallyport.audit;

import java.time.Instant;

/// What a line of an audit log says.
sealed interface AuditEntry
    permits KeyUse,
        FileHeader,
        AuditEntry.Start,
        AuditEntry.Stop,
        AuditEntry.Cut,
        AuditEntry.Damage,
        AuditEntry.Denied {
  /// When it happened.
  Instant time();

  /// At most so many characters of a text, the last one an ellipsis when some are missing.
  static String bounded(String text, int lengthMax) {
    return text.length() <= lengthMax ? text : text.substring(0, lengthMax - 1) + "…";
  }

  /// The log was opened: by a member that starts.
  record Start(Instant time) implements AuditEntry {}

  /// The log was closed with everything in it. A start with no stop before it follows a crash.
  record Stop(Instant time) implements AuditEntry {}

  /// The last line had no end, as after a power loss, and was cut off.
  ///
  /// @param bytes how long it was
  /// @param text its beginning
  record Cut(Instant time, long bytes, String text) implements AuditEntry {
    static final int TEXT_LENGTH_MAX = 1024;

    public Cut {
      text = bounded(text, TEXT_LENGTH_MAX);
    }
  }

  /// An earlier file is not what this log wrote; the log goes on without it.
  ///
  /// @param file its name, which may be a new one
  record Damage(Instant time, String file, String found, String expected) implements AuditEntry {
    public Damage {
      file = bounded(file, KeyUse.TEXT_LENGTH_MAX);
      found = bounded(found, KeyUse.TEXT_LENGTH_MAX);
      expected = bounded(expected, KeyUse.TEXT_LENGTH_MAX);
    }
  }

  /// Uses that were denied because the log could not take them, and are not in it.
  ///
  /// @param full because too many waited
  /// @param failing because the disk failed
  record Denied(Instant time, long full, long failing) implements AuditEntry {}
}
