package io.sallyport.envelope;

/// A key-encryption key that cannot be had. Its message is one line that names where it was looked
/// for, what was found and what was expected, and quotes nothing of a key.
public final class KeyEncryptionKeyException extends Exception {
  private static final long serialVersionUID = 1;

  private final String found;
  private final String expected;

  /// @param source where, as `file /etc/sallyport/kek`
  /// @param found a noun phrase
  /// @param expected a noun phrase
  KeyEncryptionKeyException(String source, String found, String expected) {
    super("key-encryption key: found " + found + " in " + source + ", expected " + expected);
    this.found = found + " in " + source;
    this.expected = expected;
  }

  /// What is there and where, as a noun phrase.
  public String found() {
    return found;
  }

  /// What should be there, as a noun phrase.
  public String expected() {
    return expected;
  }
}
