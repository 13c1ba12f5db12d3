package io.sallyport.cluster;

/// Something about the keyrings of the cluster that cannot be done. Its message is one line: what,
/// found, expected; it quotes no key.
public final class KeyringException extends RuntimeException {
  private static final long serialVersionUID = 1;

  KeyringException(String message) {
    super(message);
  }

  KeyringException(String message, Throwable cause) {
    super(message, cause);
  }
}
