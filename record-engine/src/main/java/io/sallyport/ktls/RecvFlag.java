package io.sallyport.ktls;

/// Flags of `recvmsg` (kernel: `MSG_*`).
public enum RecvFlag {
  /// Leaves what is read for the next call.
  PEEK,
  /// As much as fits, over as many records as have arrived. Every call does that here, since none
  /// waits.
  WAITALL,
  /// Urgent data, which TLS does not have: ignored.
  OOB
}
