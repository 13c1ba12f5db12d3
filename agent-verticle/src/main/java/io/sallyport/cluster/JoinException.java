package io.sallyport.cluster;

/// This process cannot be a member of its cluster. The message is one line for an operator: what,
/// where, why, and what to do.
public final class JoinException extends Exception {
  private static final long serialVersionUID = 1L;

  public JoinException(String message) {
    super(message, null, false, false);
  }
}
