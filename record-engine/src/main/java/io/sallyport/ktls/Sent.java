package io.sallyport.ktls;

/// What a call that sends answered.
public sealed interface Sent {
  /// The first `length` bytes were taken; the rest, if any, was not.
  record Accepted(long length) implements Sent {}

  /// Nothing was taken.
  ///
  /// @param errno EAGAIN while the peer takes less than is sent, ENOMEM, EINVAL and EOPNOTSUPP for
  ///   the flags, EPIPE behind the end, EBADMSG for a socket in error, EKEYEXPIRED
  record Failed(KtlsErrno errno) implements Sent {}
}
