package io.sallyport.handshake;

import io.sallyport.keyring.KeySerial;

/// How a handshake ended: the kernel's `done(status, peerid)`, and what it means to people.
public sealed interface HandshakeOutcome {
  /// Never [HandshakeStatus#OK] for a [Failed] one.
  HandshakeStatus status();

  /// The serial of the peer's authenticated identity, [KeySerial#NONE] when there is none.
  KeySerial peerid();

  /// A session is established.
  record Established(KeySerial peerid, Session session) implements HandshakeOutcome {
    @Override
    public HandshakeStatus status() {
      return HandshakeStatus.OK;
    }
  }

  /// There is no session.
  ///
  /// @param status the reason for a program: few values, fit for a metric
  /// @param reason the reason for an operator: one printable line of at most [#REASON_LENGTH_MAX]
  ///   characters without any secret; it may quote what the peer sent
  record Failed(HandshakeStatus status, String reason) implements HandshakeOutcome {
    /// Characters of a reason; a longer one is cut.
    public static final int REASON_LENGTH_MAX = 200;

    public Failed {
      if (status == HandshakeStatus.OK) {
        throw new IllegalArgumentException("failed with status OK");
      }
      reason = oneLine(reason);
    }

    @Override
    public KeySerial peerid() {
      return KeySerial.NONE;
    }

    private static String oneLine(String text) {
      int length = Math.min(text.length(), REASON_LENGTH_MAX);
      StringBuilder line = new StringBuilder(length);
      for (int i = 0; i < length; i++) {
        char c = text.charAt(i);
        line.append(c >= ' ' && c <= '~' ? c : '?');
      }
      return line.toString();
    }
  }
}
