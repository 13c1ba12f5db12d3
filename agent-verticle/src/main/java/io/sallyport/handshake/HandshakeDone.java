package io.sallyport.handshake;

/// Hears the end of a handshake.
@FunctionalInterface
public interface HandshakeDone {
  /// The handshake ended. Called exactly once for an accepted request that was not cancelled, on
  /// the event loop of the socket, never from within the call that submitted it, nor from within a
  /// call that closed the socket.
  ///
  /// The socket has its former callbacks again, and reading from the network is off until the
  /// consumer wants more. After [HandshakeOutcome.Established] both keys are set, and what the peer
  /// sent behind its handshake waits in the socket: call `recv` now, for no further network event
  /// may announce it. After [HandshakeOutcome.Failed] the fatal alert that the RFC names was sent;
  /// close the socket. It is closed already after [FailureReason#SOCKET_CLOSED].
  ///
  /// May submit, cancel and close from within, on this socket and on others; a cancel of this
  /// handshake is too late. Should not throw: then the socket is closed, and the exception is
  /// logged and goes no further.
  void done(HandshakeOutcome outcome);
}
