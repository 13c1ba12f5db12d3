package io.sallyport.agent;

import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import org.bouncycastle.tls.SecurityParameters;
import org.jspecify.annotations.Nullable;

/// The decisions of one side in one handshake, as a [Handshake] sees them.
interface HandshakePeer extends AutoCloseable {
  /// What the handshake came to.
  Agreement agreement();

  /// Whether this side sends the first message.
  boolean speaksFirst();

  /// Whether the peer said that it leaves, by a close_notify.
  boolean hasPeerLeft();

  /// What is negotiated so far; null before the first message.
  @Nullable SecurityParameters parameters();

  /// Whether the peer may send early data.
  boolean offersEarlyData();

  /// Whether, without a client's certificate, the other side's next flight is its last and takes
  /// little: some hashes, and at most one agreement over a group that [KeyExchangeGroup#isLight]
  /// names.
  boolean isLastFlightLight();

  /// Whether its tickets wait for another member now.
  boolean ticketsWait();

  /// Handshake messages to be sent with the keys of the session, before anything else.
  byte[] messages();

  /// Takes the messages that the peer sends behind its handshake; only when complete, and only
  /// once: the caller closes it.
  PostHandshake postHandshake();

  /// What is known of the peer, for a handshake that failed.
  ///
  /// @param hello the body of its first message, as much of it as came
  PeerFacts facts(byte[] hello);

  /// Wipes what is left of the handshake.
  @Override
  void close();

  /// Whether the peer's handshake messages must be encrypted from now on (RFC 9846 §4.1).
  default boolean expectsEncryption() {
    SecurityParameters parameters = parameters();
    return parameters != null && parameters.getTrafficSecretClient() != null;
  }
}
