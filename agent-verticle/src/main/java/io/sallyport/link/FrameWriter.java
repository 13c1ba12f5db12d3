package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Appends the fields of one frame, as [FrameReader] takes them.
final class FrameWriter {
  private static final int TEXT_MAX = 0xFFFF;

  private final ByteBuf out;

  FrameWriter(ByteBuf out) {
    this.out = out;
  }

  FrameWriter number8(int number) {
    out.writeByte(number);
    return this;
  }

  FrameWriter number16(int number) {
    out.writeShort(number);
    return this;
  }

  FrameWriter number32(int number) {
    out.writeInt(number);
    return this;
  }

  FrameWriter number64(long number) {
    out.writeLong(number);
    return this;
  }

  FrameWriter flag(boolean flag) {
    return number8(flag ? 1 : 0);
  }

  FrameWriter bytes(byte[] bytes) {
    out.writeInt(bytes.length).writeBytes(bytes);
    return this;
  }

  /// Does not move the reader index of `bytes`.
  FrameWriter bytes(ByteBuf bytes) {
    out.writeInt(bytes.readableBytes())
        .writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    return this;
  }

  /// Longer ones are cut behind a whole character: texts that matter are bounded where they come
  /// from.
  FrameWriter text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = fitting(utf8);
    out.writeShort(length).writeBytes(utf8, 0, length);
    return this;
  }

  private static int fitting(byte[] utf8) {
    if (utf8.length <= TEXT_MAX) {
      return utf8.length;
    }
    int length = TEXT_MAX;
    while ((utf8[length] & 0xC0) == 0x80) {
      length--;
    }
    return length;
  }

  /// What a text takes at the most.
  static int room(String text) {
    return Short.BYTES + Math.min(TEXT_MAX, 3 * text.length());
  }

  FrameWriter optionalText(@Nullable String text) {
    flag(text != null);
    return text == null ? this : text(text);
  }

  /// Whether a list is not longer than a reader takes.
  static boolean fits(List<?> list) {
    return list.size() <= FrameReader.LIST_MAX;
  }

  /// Of a list that fits.
  <T> FrameWriter list(List<T> list, Consumer<T> element) {
    if (!fits(list)) {
      throw new IllegalArgumentException("a list of " + list.size() + " elements");
    }
    number16(list.size());
    list.forEach(element);
    return this;
  }

  FrameWriter constant(Enum<?> constant) {
    return text(constant.name());
  }

  /// What is written to directly.
  ByteBuf buffer() {
    return out;
  }
}
