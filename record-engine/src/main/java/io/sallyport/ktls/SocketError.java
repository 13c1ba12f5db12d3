package io.sallyport.ktls;

import org.jspecify.annotations.Nullable;

/// The error a socket is in (kernel: `sk_err`): what `SO_ERROR` reads.
///
/// Set when something breaks the connection, cleared by whoever takes it. Sending fails while it is
/// set. Both halves of a socket share one.
final class SocketError {
  private @Nullable KtlsErrno errno;

  void set(KtlsErrno next) {
    errno = next;
  }

  /// The error, which stays; null when there is none.
  @Nullable KtlsErrno peek() {
    return errno;
  }

  /// The error, which is cleared; null when there is none.
  @Nullable KtlsErrno take() {
    KtlsErrno taken = errno;
    errno = null;
    return taken;
  }
}
