package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// The five bytes before every record (RFC 9846 §5.1, 8446 §5.1): type, version, length.
final class RecordHeader {
  static final int LENGTH = 5;
  static final int LEGACY_RECORD_VERSION = 0x0303;

  /// Bytes of plaintext a record may carry.
  static final int MAX_PLAINTEXT = 1 << 14;

  private static final int VERSION = 1;
  private static final int FRAGMENT_LENGTH = 3;

  private RecordHeader() {}

  static int contentType(ByteBuf buffer, int at) {
    return buffer.getUnsignedByte(at);
  }

  static int fragmentLength(ByteBuf buffer, int at) {
    return buffer.getUnsignedShort(at + FRAGMENT_LENGTH);
  }

  static void write(ByteBuf buffer, int contentType, int fragmentLength) {
    buffer.writeByte(contentType).writeShort(LEGACY_RECORD_VERSION).writeShort(fragmentLength);
  }

  static void set(ByteBuf buffer, int at, int contentType, int fragmentLength) {
    buffer
        .setByte(at, contentType)
        .setShort(at + VERSION, LEGACY_RECORD_VERSION)
        .setShort(at + FRAGMENT_LENGTH, fragmentLength);
  }

  /// What is wrong with the header at `at`, in the kernel's order of checks; null when it is fine.
  static @Nullable KtlsErrno check(ByteBuf buffer, int at, int minFragment, int maxFragment) {
    int fragmentLength = fragmentLength(buffer, at);
    if (fragmentLength > maxFragment) {
      return KtlsErrno.EMSGSIZE;
    }
    if (fragmentLength < minFragment) {
      return KtlsErrno.EBADMSG;
    }
    if (buffer.getUnsignedShort(at + VERSION) != LEGACY_RECORD_VERSION) {
      return KtlsErrno.EINVAL;
    }
    return null;
  }
}
