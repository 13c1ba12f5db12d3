package io.sallyport.audit;

import io.sallyport.keyring.KeySerial;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The audit of one member: every use of a private key is logged before its result is used, or
/// there is no result. Any thread.
///
/// @param log null: this member keeps no log, and every use passes
/// @param member who asks when nobody else does: this member
public record KeyAudit(@Nullable AuditLog log, String member) {
  /// No log.
  public static final KeyAudit OFF = new KeyAudit(null, "");

  /// What was counted; nothing where there is no log.
  public AuditStat stat() {
    return log == null ? AuditStat.NONE : log.stat();
  }

  /// Logs a use that another member asked for.
  ///
  /// @return whether the result may be used
  public boolean admits(
      String asking,
      String consumer,
      String keyring,
      KeySerial key,
      KeyUse.Operation operation,
      String serverName,
      KeyUse.Result result) {
    if (log == null) {
      return true;
    }
    KeyUse use =
        new KeyUse(
            Instant.now(),
            asking,
            consumer,
            keyring,
            key,
            operation,
            serverName.isEmpty() ? null : serverName,
            result);
    return log.append(use) == AuditAnswer.QUEUED;
  }
}
