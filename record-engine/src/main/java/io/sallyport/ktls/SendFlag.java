package io.sallyport.ktls;

/// Flags of `sendmsg` (kernel: `MSG_*`).
public enum SendFlag {
  /// More will follow: the last record stays open for it.
  MORE,
  /// The end of a message: says what is true of every send without [#MORE].
  EOR,
  /// Urgent data, which TLS does not have: always refused with EOPNOTSUPP.
  OOB
}
