package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/// `setsockopt` and `getsockopt` of a TLS socket in the bytes of `linux/tls.h`, with the kernel's
/// rules about their lengths (*Kernel TLS*, "Creating a TLS connection" and the options behind it).
///
/// The typed methods of [KtlsSocket] say the same without bytes.
public final class SocketOptions {
  /// Level of [#TCP_ULP].
  public static final int SOL_TCP = 6;

  /// The name of the upper layer protocol.
  public static final int TCP_ULP = 31;

  /// Level of all options that begin with `TLS`.
  public static final int SOL_TLS = 282;

  /// The key to send with: `struct tls12_crypto_info_*`.
  public static final int TLS_TX = 1;

  /// The key to receive with: `struct tls12_crypto_info_*`.
  public static final int TLS_RX = 2;

  /// 32 bits, 0 or 1.
  public static final int TLS_TX_ZEROCOPY_RO = 3;

  /// 32 bits, 0 or 1.
  public static final int TLS_RX_EXPECT_NO_PAD = 4;

  /// 16 bits.
  public static final int TLS_TX_MAX_PAYLOAD_LEN = 5;

  /// Kernel: `TCP_ULP_NAME_MAX`.
  private static final int ULP_NAME_LENGTH = 16;

  private SocketOptions() {}

  /// Sets an option to the readable bytes of `value`, which stays the caller's.
  ///
  /// @throws KtlsException ENOPROTOOPT for an option there is not, or without the ULP; EINVAL when
  ///   length or value do not fit; the errors of the typed method
  public static void setsockopt(KtlsSocket socket, int level, int optname, ByteBuf value) {
    Misuse.notNull(socket, "the socket");
    Misuse.live(value, "the value");
    if (level == SOL_TCP && optname == TCP_ULP) {
      socket.setUlp(ulpName(value));
      return;
    }
    requireUlp(socket, level, optname, KtlsErrno.ENOPROTOOPT);
    switch (optname) {
      case TLS_TX -> {
        try (CryptoInfo info = CryptoInfo.parse(value)) {
          socket.setTx(info);
        }
      }
      case TLS_RX -> {
        try (CryptoInfo info = CryptoInfo.parse(value)) {
          socket.setRx(info);
        }
      }
      case TLS_TX_ZEROCOPY_RO -> {
        requireLength(value.readableBytes() == Integer.BYTES, value.readableBytes(), "4 bytes");
        socket.setTxZerocopyRo(flag(value));
      }
      case TLS_RX_EXPECT_NO_PAD -> {
        requireLength(value.readableBytes() >= Integer.BYTES, value.readableBytes(), "4 bytes");
        requireZeroTail(value);
        socket.setRxExpectNoPad(flag(value));
      }
      case TLS_TX_MAX_PAYLOAD_LEN -> {
        requireLength(value.readableBytes() == Short.BYTES, value.readableBytes(), "2 bytes");
        socket.setTxMaxPayloadLength(HostOrder.unsignedShort(value, value.readerIndex()));
      }
      default -> throw noSuchOption(level, optname);
    }
  }

  /// The value of an option for a caller with room for `length` bytes. The caller releases it, and
  /// wipes it when it is a key.
  ///
  /// @throws KtlsException ENOPROTOOPT for an option there is not; EOPNOTSUPP without the ULP;
  ///   EINVAL when `length` does not fit; EBUSY for a key that is not set
  public static ByteBuf getsockopt(KtlsSocket socket, int level, int optname, int length) {
    Misuse.notNull(socket, "the socket");
    if (level == SOL_TCP && optname == TCP_ULP) {
      return ulpValue(socket.ulp(), length);
    }
    requireUlp(socket, level, optname, KtlsErrno.EOPNOTSUPP);
    return switch (optname) {
      case TLS_TX, TLS_RX -> {
        requireLength(length >= CryptoInfo.HEAD_LENGTH, length, "at least 4 bytes");
        try (CryptoInfo info = optname == TLS_TX ? socket.tx() : socket.rx()) {
          yield keyValue(info, length);
        }
      }
      case TLS_TX_ZEROCOPY_RO -> {
        requireLength(length == Integer.BYTES, length, "4 bytes");
        yield flagValue(socket.isTxZerocopyRo());
      }
      case TLS_RX_EXPECT_NO_PAD -> {
        requireLength(length >= Integer.BYTES, length, "at least 4 bytes");
        yield flagValue(socket.isRxExpectNoPad());
      }
      case TLS_TX_MAX_PAYLOAD_LEN -> {
        requireLength(length >= Short.BYTES, length, "at least 2 bytes");
        ByteBuf value = Unpooled.directBuffer(Short.BYTES);
        HostOrder.writeShort(value, socket.txMaxPayloadLength());
        yield value;
      }
      default -> throw noSuchOption(level, optname);
    };
  }

  private static String ulpName(ByteBuf value) {
    String name = value.toString(StandardCharsets.US_ASCII);
    int end = name.indexOf(0);
    return end < 0 ? name : name.substring(0, end);
  }

  /// As long as the room for a name in the kernel, and empty while there is none.
  private static ByteBuf ulpValue(String ulp, int length) {
    requireLength(length >= 0, length, "0 bytes or more");
    ByteBuf value = Unpooled.directBuffer(ULP_NAME_LENGTH);
    if (!ulp.isEmpty()) {
      value.writeZero(ULP_NAME_LENGTH).setCharSequence(0, ulp, StandardCharsets.US_ASCII);
      value.writerIndex(Math.min(length, ULP_NAME_LENGTH));
    }
    return value;
  }

  private static ByteBuf keyValue(CryptoInfo info, int length) {
    int structLength = CryptoInfo.structLength(info.cipherType());
    requireLength(
        length == CryptoInfo.HEAD_LENGTH || length == structLength,
        length,
        "4 or " + structLength + " bytes for " + info.cipherType());
    ByteBuf value = Unpooled.directBuffer(length);
    if (length == structLength) {
      info.write(value);
    } else {
      info.writeHead(value);
    }
    return value;
  }

  private static boolean flag(ByteBuf value) {
    int number = HostOrder.intValue(value, value.readerIndex());
    if (number != 0 && number != 1) {
      throw new KtlsException(KtlsErrno.EINVAL, "found " + number + ", expected 0 or 1");
    }
    return number == 1;
  }

  private static ByteBuf flagValue(boolean flag) {
    ByteBuf value = Unpooled.directBuffer(Integer.BYTES);
    HostOrder.writeInt(value, flag ? 1 : 0);
    return value;
  }

  private static void requireZeroTail(ByteBuf value) {
    for (int at = value.readerIndex() + Integer.BYTES; at < value.writerIndex(); at++) {
      if (value.getByte(at) != 0) {
        throw new KtlsException(KtlsErrno.EINVAL, "bytes behind the first 4 must be 0");
      }
    }
  }

  private static void requireLength(boolean fits, int found, String expected) {
    if (!fits) {
      throw new KtlsException(
          KtlsErrno.EINVAL, "found a value of " + found + " bytes, expected " + expected);
    }
  }

  private static void requireUlp(KtlsSocket socket, int level, int optname, KtlsErrno withoutUlp) {
    if (level != SOL_TLS) {
      throw noSuchOption(level, optname);
    }
    if (socket.ulp().isEmpty()) {
      throw new KtlsException(withoutUlp, "the socket has no ULP: set TCP_ULP to \"tls\" first");
    }
  }

  private static KtlsException noSuchOption(int level, int optname) {
    return new KtlsException(
        KtlsErrno.ENOPROTOOPT, "found option " + optname + " of level " + level + ", unknown");
  }
}
