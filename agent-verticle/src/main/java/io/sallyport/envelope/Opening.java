package io.sallyport.envelope;

/// What opening something sealed comes to.
///
/// @param <T> what was sealed
public sealed interface Opening<T> {
  /// It is what was sealed, unchanged, and sealed for this place.
  ///
  /// @param value the caller closes it
  record Opened<T>(T value) implements Opening<T> {}

  /// It must not be used.
  ///
  /// @param reason for logs and counters
  record Refused<T>(Reason reason) implements Opening<T> {}

  /// Why something sealed was refused.
  enum Reason {
    /// It has not the form of something sealed.
    MALFORMED("malformed"),
    /// Its data key is wrapped under key-encryption keys that are not here.
    UNKNOWN_KEY("wrapped under another key-encryption key"),
    /// It was changed, was sealed under another key, or belongs somewhere else. Which of them it
    /// is, nobody can tell.
    FORGED("changed, or sealed for another place or under another key");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /// For a log line.
    @Override
    public String toString() {
      return text;
    }
  }
}
