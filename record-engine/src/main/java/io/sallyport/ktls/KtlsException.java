package io.sallyport.ktls;

/// A call the socket refuses: misuse by the caller, never the peer's doing.
public final class KtlsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final KtlsErrno errno;

  /// What the kernel would have answered, and in a sentence why.
  public KtlsException(KtlsErrno errno, String message) {
    super(Misuse.notNull(errno, "the errno") + ": " + message);
    this.errno = errno;
  }

  /// What the kernel would have answered.
  public KtlsErrno errno() {
    return errno;
  }
}
