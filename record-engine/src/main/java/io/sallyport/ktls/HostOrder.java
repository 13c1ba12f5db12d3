package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import java.nio.ByteOrder;

/// Numbers as `linux/tls.h` has them: in the byte order of this machine.
final class HostOrder {
  static final boolean LITTLE = ByteOrder.nativeOrder().equals(ByteOrder.LITTLE_ENDIAN);

  private HostOrder() {}

  static int unsignedShort(ByteBuf from, int at) {
    return LITTLE ? from.getUnsignedShortLE(at) : from.getUnsignedShort(at);
  }

  static void writeShort(ByteBuf out, int value) {
    if (LITTLE) {
      out.writeShortLE(value);
    } else {
      out.writeShort(value);
    }
  }

  static int intValue(ByteBuf from, int at) {
    return LITTLE ? from.getIntLE(at) : from.getInt(at);
  }

  static void writeInt(ByteBuf out, int value) {
    if (LITTLE) {
      out.writeIntLE(value);
    } else {
      out.writeInt(value);
    }
  }
}
