package io.sallyport.keyring;

/// A private key that another member holds could not be used.
public final class KeyElsewhereException extends Exception {
  private static final long serialVersionUID = 1;

  /// What stands in the way.
  public enum Cause {
    /// No member that holds the key answered in time.
    UNREACHABLE,
    /// The holder denies it: this member is not granted the use of the keyring, or what was to be
    /// signed is no handshake.
    REFUSED,
    /// Every holder has as much to do as it takes on.
    BUSY
  }

  private final Cause why;

  /// @param detail one line: who, and what to do about it
  public KeyElsewhereException(Cause why, String detail) {
    super(detail);
    this.why = why;
  }

  /// What stands in the way.
  public Cause why() {
    return why;
  }
}
