package io.sallyport.handshake;

import io.sallyport.keyring.KeySerial;

/// How a handshake ended: the kernel's `done(status, peerid)`, and what it means to people.
public sealed interface HandshakeOutcome {
  /// Never [HandshakeStatus#OK] for a [Failed] one.
  HandshakeStatus status();

  /// The serial of the peer's authenticated identity, [KeySerial#NONE] when there is none.
  KeySerial peerid();

  /// A session is established.
  ///
  /// @param postHandshake takes the handshake messages that arrive as control records from now on;
  ///   whoever hears of the outcome closes it with the connection
  record Established(KeySerial peerid, Session session, PostHandshake postHandshake)
      implements HandshakeOutcome {
    @Override
    public HandshakeStatus status() {
      return HandshakeStatus.OK;
    }
  }

  /// There is no session.
  ///
  /// @param reason why, for counters
  /// @param detail why, for an operator: one printable line of at most [#DETAIL_LENGTH_MAX]
  ///   characters without any secret; it may quote what the peer sent
  /// @param peer what is known of the peer, [PeerFacts#NONE] when that is nothing
  record Failed(FailureReason reason, String detail, PeerFacts peer) implements HandshakeOutcome {
    /// Characters of a detail; a longer one is cut.
    public static final int DETAIL_LENGTH_MAX = 200;

    public Failed {
      detail = oneLine(detail);
    }

    /// A failure of a peer of which nothing is known.
    public Failed(FailureReason reason, String detail) {
      this(reason, detail, PeerFacts.NONE);
    }

    @Override
    public HandshakeStatus status() {
      return reason.status();
    }

    @Override
    public KeySerial peerid() {
      return KeySerial.NONE;
    }

    private static String oneLine(String text) {
      int length = Math.min(text.length(), DETAIL_LENGTH_MAX);
      StringBuilder line = new StringBuilder(length);
      for (int i = 0; i < length; i++) {
        char c = text.charAt(i);
        line.append(c >= ' ' && c <= '~' ? c : '?');
      }
      return line.toString();
    }
  }
}
