package io.sallyport.handshake;

/// How a handshake ended: the status of the kernel's `done`. Everything but [#OK] denies.
public enum HandshakeStatus {
  /// A session is established and its keys are installed (0).
  OK,
  /// The session was refused, by the peer or by this side; also the answer to any doubt.
  EACCES,
  /// Memory ran out.
  ENOMEM,
  /// The arguments contradict what the keyring holds.
  EINVAL,
  /// The keyring holds no certificate that this handshake can use.
  ENOKEY,
  /// The session was established but its keys could not be installed.
  EIO,
  /// The time ran out, the peer left or the socket was closed in mid-handshake, or the agent
  /// stopped: worth another try.
  ETIMEDOUT,
  /// The peer rejected the key that was used.
  EKEYREJECTED
}
