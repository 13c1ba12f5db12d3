package io.sallyport.ktls;

/// What `poll` says of a socket.
public enum PollEvent {
  /// Something can be received: a whole record, the rest of one, the end.
  IN,
  /// Something can be sent.
  OUT,
  /// There is an error to be taken.
  ERR,
  /// The connection is gone, or both sides have ended their data.
  HUP,
  /// The peer has ended its data.
  RDHUP
}
