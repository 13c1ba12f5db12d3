package io.sallyport.proxy.stat;

import java.util.Locale;

/// Why a connection ended: a closed list, the same in logs and counters.
public enum CloseReason {
  /// Both sides ended their data cleanly.
  COMPLETE("complete"),
  /// The listener has as many connections as it may have.
  LIMIT("connection limit reached"),
  /// The TLS handshake was denied.
  HANDSHAKE("handshake failed"),
  /// The client took too long for its handshake, or left in the middle of it.
  HANDSHAKE_UNFINISHED("handshake not finished"),
  /// The agents have no room for another handshake.
  HANDSHAKE_QUEUE("no agent free for a handshake"),
  /// No route matches the server name, and the listener has no default backend.
  NO_ROUTE("no route"),
  /// No server of the backend could be reached.
  NO_SERVER("no server reachable"),
  /// The client closed TCP without close_notify: its data may lack an end.
  TRUNCATED("truncated by the client"),
  /// The client reset the connection.
  DOWNSTREAM_RESET("reset by the client"),
  /// The client sent an alert.
  ALERTED("alert from the client"),
  /// The client sent a record that is too long, or fails decryption.
  BAD_RECORD("bad record from the client"),
  /// The client sent a message that has no place after the handshake.
  UNEXPECTED_MESSAGE("unexpected message from the client"),
  /// The client sent key updates that break the rules, or too many of them without data.
  KEY_UPDATE("key update from the client against the rules"),
  /// A key has protected as many records as it may, and TLS 1.2 has no other.
  KEY_LIMIT("limit of a key reached"),
  /// The server reset the connection.
  UPSTREAM_RESET("reset by the server"),
  /// The server closed TCP without close_notify: its data may lack an end.
  UPSTREAM_TRUNCATED("truncated by the server"),
  /// The server sent an alert: in TLS 1.3 also when it does not accept the certificate it was
  /// shown.
  UPSTREAM_ALERTED("alert from the server"),
  /// The server sent a record that is too long, or fails decryption.
  UPSTREAM_BAD_RECORD("bad record from the server"),
  /// The server sent a message that has no place after the handshake.
  UPSTREAM_UNEXPECTED_MESSAGE("unexpected message from the server"),
  /// The server sent key updates that break the rules, or too many of them without data.
  UPSTREAM_KEY_UPDATE("key update from the server against the rules"),
  /// The same as `KEY_LIMIT` about a key that is shared with the server.
  UPSTREAM_KEY_LIMIT("limit of a key shared with the server reached"),
  /// Nothing was sent in either direction for too long.
  IDLE("idle timeout"),
  /// One side ended, the other did not follow in time.
  HALF_CLOSED("half-closed timeout"),
  /// The proxy is being stopped and the time for that is over.
  DRAINED("closed by drain"),
  /// A defect of the proxy.
  INTERNAL("internal error");

  private final String words;

  CloseReason(String words) {
    this.words = words;
  }

  /// Whether connections end like this all day and nobody needs to be told: many clients leave
  /// without a close_notify once they have what they wanted.
  public boolean isOrdinary() {
    return switch (this) {
      case COMPLETE, TRUNCATED, IDLE -> true;
      case LIMIT,
          HANDSHAKE,
          HANDSHAKE_UNFINISHED,
          HANDSHAKE_QUEUE,
          NO_ROUTE,
          NO_SERVER,
          DOWNSTREAM_RESET,
          ALERTED,
          BAD_RECORD,
          UNEXPECTED_MESSAGE,
          KEY_UPDATE,
          KEY_LIMIT,
          UPSTREAM_RESET,
          UPSTREAM_TRUNCATED,
          UPSTREAM_ALERTED,
          UPSTREAM_BAD_RECORD,
          UPSTREAM_UNEXPECTED_MESSAGE,
          UPSTREAM_KEY_UPDATE,
          UPSTREAM_KEY_LIMIT,
          HALF_CLOSED,
          DRAINED,
          INTERNAL ->
          false;
    };
  }

  /// The same, done by the server; itself when there is no difference.
  public CloseReason byServer() {
    return switch (this) {
      case DOWNSTREAM_RESET -> UPSTREAM_RESET;
      case TRUNCATED -> UPSTREAM_TRUNCATED;
      case ALERTED -> UPSTREAM_ALERTED;
      case BAD_RECORD -> UPSTREAM_BAD_RECORD;
      case UNEXPECTED_MESSAGE -> UPSTREAM_UNEXPECTED_MESSAGE;
      case KEY_UPDATE -> UPSTREAM_KEY_UPDATE;
      case KEY_LIMIT -> UPSTREAM_KEY_LIMIT;
      default -> this;
    };
  }

  /// Whether it is the server's doing.
  public boolean isByServer() {
    return switch (this) {
      case UPSTREAM_RESET,
          UPSTREAM_TRUNCATED,
          UPSTREAM_ALERTED,
          UPSTREAM_BAD_RECORD,
          UPSTREAM_UNEXPECTED_MESSAGE,
          UPSTREAM_KEY_UPDATE,
          UPSTREAM_KEY_LIMIT ->
          true;
      default -> false;
    };
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
