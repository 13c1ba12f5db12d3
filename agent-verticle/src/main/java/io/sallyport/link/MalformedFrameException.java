package io.sallyport.link;

/// Another member sent what is no frame: the link cannot go on.
final class MalformedFrameException extends Exception {
  private static final long serialVersionUID = 1;

  /// @param what found, as a noun phrase
  MalformedFrameException(String what) {
    super(what);
  }
}
