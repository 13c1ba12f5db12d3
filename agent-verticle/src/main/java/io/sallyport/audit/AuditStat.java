package io.sallyport.audit;

/// What an audit log has counted since it was opened.
///
/// @param queued uses that were taken
/// @param deniedFull uses that were denied because too many waited
/// @param deniedFailing uses that were denied because the log could not be written
public record AuditStat(long queued, long deniedFull, long deniedFailing) {
  /// Nothing.
  public static final AuditStat NONE = new AuditStat(0, 0, 0);
}
