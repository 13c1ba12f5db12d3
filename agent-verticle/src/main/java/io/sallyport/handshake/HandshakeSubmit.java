package io.sallyport.handshake;

/// What becomes of a request when it is submitted: the return values of the kernel's API.
///
/// [#ACCEPTED] guarantees that `done` is called exactly once unless the handshake is cancelled;
/// every other value guarantees that it never is.
public enum HandshakeSubmit {
  /// The request is on its way (0).
  ACCEPTED,
  /// The arguments cannot be right: a socket that is closed or has keys already, a blank keyring, a
  /// negative timeout, a certificate without its key, more than five peer ids or a zero among them,
  /// a client with none to prove, a client without the name to verify.
  EINVAL,
  /// A handshake is under way on this socket.
  EBUSY,
  /// No agent listens for this keyring.
  ESRCH,
  /// As many requests as are allowed wait for an agent.
  EAGAIN,
  /// There is no memory for the request.
  ENOMEM
}
