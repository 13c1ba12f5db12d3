package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.config.ConfigError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Takes the fields of one frame, in order. Whatever does not fit into the frame is malformed, and
/// so is what is left over. The bytes stay the caller's.
final class FrameReader {
  static final int LIST_MAX = 4096;
  static final int LINE_MAX = 512;

  /// Reads one element of a list.
  interface Element<T> {
    T read() throws MalformedFrameException;
  }

  private final ByteBuf in;

  FrameReader(ByteBuf in) {
    this.in = in;
  }

  private void require(long bytes) throws MalformedFrameException {
    if (bytes > in.readableBytes()) {
      throw new MalformedFrameException("a frame that is cut short");
    }
  }

  int number8() throws MalformedFrameException {
    require(1);
    return in.readUnsignedByte();
  }

  int number16() throws MalformedFrameException {
    require(Short.BYTES);
    return in.readUnsignedShort();
  }

  int number32() throws MalformedFrameException {
    require(Integer.BYTES);
    return in.readInt();
  }

  long number64() throws MalformedFrameException {
    require(Long.BYTES);
    return in.readLong();
  }

  boolean flag() throws MalformedFrameException {
    return switch (number8()) {
      case 0 -> false;
      case 1 -> true;
      default -> throw new MalformedFrameException("a flag that is neither 0 nor 1");
    };
  }

  /// A count of 32 bits and as many bytes.
  byte[] bytes() throws MalformedFrameException {
    byte[] bytes = new byte[length()];
    in.readBytes(bytes);
    return bytes;
  }

  /// The same outside the heap; the caller releases it.
  ByteBuf buffer() throws MalformedFrameException {
    int length = length();
    return length == 0
        ? Unpooled.EMPTY_BUFFER
        : Unpooled.directBuffer(length, length).writeBytes(in, length);
  }

  /// The same in place; valid while the frame is.
  ByteBuf slice() throws MalformedFrameException {
    return in.readSlice(length());
  }

  private int length() throws MalformedFrameException {
    int length = number32();
    if (length < 0) {
      throw new MalformedFrameException("a length of more than 31 bits");
    }
    require(length);
    return length;
  }

  /// A count of 16 bits and as many bytes of UTF-8.
  String text() throws MalformedFrameException {
    int length = number16();
    require(length);
    if (!ByteBufUtil.isText(in, in.readerIndex(), length, StandardCharsets.UTF_8)) {
      throw new MalformedFrameException("a text that is no UTF-8");
    }
    return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
  }

  /// A text that is meant for people, or is looked up: one printable line of at most [#LINE_MAX]
  /// characters, whatever came. Names of keyrings and members are the same before and after.
  String line() throws MalformedFrameException {
    String text = text();
    return ConfigError.printable(text.length() <= LINE_MAX ? text : text.substring(0, LINE_MAX));
  }

  @Nullable String optionalText() throws MalformedFrameException {
    return flag() ? text() : null;
  }

  <T> List<T> list(Element<T> element) throws MalformedFrameException {
    int count = number16();
    if (count > LIST_MAX) {
      throw new MalformedFrameException("a list of " + count + " elements");
    }
    List<T> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(element.read());
    }
    return list;
  }

  /// One of the constants of an enum, by its name: members may be of different releases.
  <E extends Enum<E>> E constant(Class<E> type) throws MalformedFrameException {
    String name = text();
    try {
      return Enum.valueOf(type, name);
    } catch (IllegalArgumentException _) {
      throw new MalformedFrameException("an unknown " + type.getSimpleName());
    }
  }

  void end() throws MalformedFrameException {
    if (in.isReadable()) {
      throw new MalformedFrameException("a frame with " + in.readableBytes() + " bytes too many");
    }
  }
}
