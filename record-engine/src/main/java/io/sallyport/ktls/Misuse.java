package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// What a caller is told of an argument that cannot be right: EINVAL and one sentence, at once,
/// instead of a failure somewhere else later.
final class Misuse {
  private Misuse() {}

  /// Returns `argument`.
  ///
  /// @param expected what should have been there, with its article
  static <T> T notNull(@Nullable T argument, String expected) {
    if (argument == null) {
      throw new KtlsException(KtlsErrno.EINVAL, "found null, expected " + expected);
    }
    return argument;
  }

  /// Returns `buffer`, which its owner has not released.
  static ByteBuf live(@Nullable ByteBuf buffer, String expected) {
    ByteBuf found = notNull(buffer, expected);
    if (found.refCnt() == 0) {
      throw new KtlsException(KtlsErrno.EINVAL, "the buffer was released");
    }
    return found;
  }

  /// Returns `contentType`, which fits the byte it is on the wire.
  static int contentType(int contentType) {
    if (contentType < 0 || contentType > 255) {
      throw new KtlsException(
          KtlsErrno.EINVAL, "found record type " + contentType + ", expected 0 to 255");
    }
    return contentType;
  }
}
