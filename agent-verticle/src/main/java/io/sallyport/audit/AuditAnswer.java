package io.sallyport.audit;

/// What became of a use that was handed to an [AuditLog].
public enum AuditAnswer {
  /// It will be written: what the key made may be used.
  QUEUED,
  /// Denied: too many uses wait for the disk.
  FULL,
  /// Denied: the log cannot be written. It tries again by itself.
  FAILING,
  /// Denied: the log is closed.
  CLOSED
}
