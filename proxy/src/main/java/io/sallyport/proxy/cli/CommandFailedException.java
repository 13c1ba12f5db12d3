package io.sallyport.proxy.cli;

/// A command could not do what it was asked to; the message is all that the user needs.
final class CommandFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  CommandFailedException(String message) {
    super(message, null, false, false);
  }
}
