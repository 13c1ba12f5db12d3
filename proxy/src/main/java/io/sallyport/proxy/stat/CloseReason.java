package io.sallyport.proxy.stat;

import java.util.Locale;

/// Why a connection ended: a closed list, the same in logs and counters.
public enum CloseReason {
  /// Both sides ended their data cleanly.
  COMPLETE("complete", Blame.NOBODY),
  /// The listener has as many connections as it may have.
  LIMIT("connection limit reached", Blame.PROXY),
  /// The TLS handshake was denied.
  HANDSHAKE("handshake failed", Blame.CLIENT),
  /// The client took too long for its handshake, or left in the middle of it.
  HANDSHAKE_TIMEOUT("handshake not finished", Blame.CLIENT),
  /// The agents have no room for another handshake.
  HANDSHAKE_QUEUE("no agent free for a handshake", Blame.PROXY),
  /// No route matches the server name, and the listener has no default backend.
  NO_ROUTE("no route", Blame.CLIENT),
  /// No server of the backend could be reached.
  NO_SERVER("no server reachable", Blame.SERVER),
  /// The client closed TCP without close_notify: its data may lack an end.
  TRUNCATED("truncated by the client", Blame.CLIENT),
  /// The client reset the connection.
  DOWNSTREAM_RESET("reset by the client", Blame.CLIENT),
  /// The client sent an alert.
  ALERTED("alert from the client", Blame.CLIENT),
  /// The client sent a record that is too long, or fails decryption.
  BAD_RECORD("bad record from the client", Blame.CLIENT),
  /// The client sent a message that has no place after the handshake.
  UNEXPECTED_MESSAGE("unexpected message from the client", Blame.CLIENT),
  /// The client sent a KeyUpdate, which this version does not follow.
  KEY_UPDATE("key update from the client", Blame.CLIENT),
  /// The server reset the connection.
  UPSTREAM_RESET("reset by the server", Blame.SERVER),
  /// Nothing was sent in either direction for too long.
  IDLE("idle timeout", Blame.NOBODY),
  /// One side ended, the other did not follow in time.
  HALF_CLOSED("half-closed timeout", Blame.NOBODY),
  /// The proxy is being stopped and the time for that is over.
  DRAINED("closed by drain", Blame.PROXY),
  /// A defect of the proxy.
  INTERNAL("internal error", Blame.PROXY);

  /// Who caused it.
  public enum Blame {
    NOBODY,
    CLIENT,
    SERVER,
    PROXY
  }

  private final String words;
  private final Blame blame;

  CloseReason(String words, Blame blame) {
    this.words = words;
    this.blame = blame;
  }

  /// Who caused it.
  public Blame blame() {
    return blame;
  }

  /// The reason as a word for metrics and JSON.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The reason in words, for a log line.
  @Override
  public String toString() {
    return words;
  }
}
