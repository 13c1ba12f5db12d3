package io.sallyport.ticket;

/// What became of a ticket that a client presents.
public sealed interface OpenedTicket {
  /// It is good for this handshake.
  ///
  /// @param ticket whoever takes it closes it
  record Opened(SessionTicket ticket) implements OpenedTicket {}

  /// The handshake goes on as if there were no ticket: none of these is worth an alert (RFC 5077
  /// §3.1, RFC 9846 §4.3.11, 8446 §4.2.11).
  record Refused(Reason reason) implements OpenedTicket {}

  /// Why a ticket is not good: few values, fit for a metric.
  enum Reason {
    /// It has not the shape of a ticket, or was made by another release.
    MALFORMED,
    /// Its key is none of ours, or was wiped.
    UNKNOWN_KEY,
    /// It was not sealed with the key that it names.
    FORGED,
    /// Its lifetime is over, or that of the authentication it hands on.
    EXPIRED,
    /// It was issued later than now: clocks disagree.
    FROM_THE_FUTURE,
    /// The client's certificate, or one above it, is not valid any more.
    PEER_EXPIRED,
    /// It belongs to another protocol version.
    OTHER_VERSION,
    /// It was issued under another certificate, name, protocol or policy.
    OTHER_BINDING,
    /// The age that the client claims is not its age.
    WRONG_AGE,
    /// Its key is another member's, and none that has it answered in time.
    UNANSWERED
  }
}
