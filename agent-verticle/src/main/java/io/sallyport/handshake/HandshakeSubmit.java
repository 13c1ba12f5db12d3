package io.sallyport.handshake;

/// What becomes of a request when it is submitted: the return values of the kernel's API.
///
/// [#ACCEPTED] guarantees that `done` is called exactly once unless the handshake is cancelled;
/// every other value guarantees that it never is.
public enum HandshakeSubmit {
  /// The request is on its way (0).
  ACCEPTED,
  /// The arguments cannot be right: no socket, no `done`, no keyring; a socket that is closed or
  /// has keys already, a blank keyring, a negative timeout, a certificate without its key, more
  /// than five peer ids or a zero among them, a client with none to prove, a client without the
  /// name to verify. Asked first: a request that is invalid is never busy.
  EINVAL,
  /// A handshake is under way on this socket; it goes on as if nothing had been asked.
  EBUSY,
  /// No agent listens for this keyring: it has not started, it was stopped, or there is no such
  /// keyring.
  ESRCH,
  /// As many requests as are allowed wait for an agent. Those it has accepted do not count.
  EAGAIN,
  /// There is no memory for the request.
  ENOMEM
}
