package io.sallyport.handshake;

/// Hears the end of a handshake.
@FunctionalInterface
public interface HandshakeDone {
  /// The handshake ended. Called exactly once for an accepted request that was not cancelled, on
  /// the event loop of the socket, never from within the call that submitted it.
  ///
  /// The socket has its former callbacks again. After [HandshakeOutcome.Established] both keys are
  /// set, reading from the network is off until the consumer wants more, and what the peer sent
  /// behind its handshake waits in the socket: call `recv` now, for no further network event may
  /// announce it. After [HandshakeOutcome.Failed] the fatal alert that the RFC names was sent;
  /// close the socket.
  void done(HandshakeOutcome outcome);
}
