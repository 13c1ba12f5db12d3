package io.sallyport.keyring;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Writes the public part of a stored form: big-endian, each variable field behind its length. What
/// is secret does not pass through here, since the bytes grow by being copied. Confined to one
/// thread.
final class FormWriter {
  /// Any count in a form; more is refused.
  static final int COUNT_MAX = 0xFFFF;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  /// What is written.
  private interface Field {
    void write(DataOutputStream out) throws IOException;
  }

  private FormWriter write(Field field) {
    try {
      field.write(out);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
  }

  FormWriter number8(int value) {
    return write(out -> out.writeByte(value));
  }

  FormWriter number32(int value) {
    return write(out -> out.writeInt(value));
  }

  FormWriter number64(long value) {
    return write(out -> out.writeLong(value));
  }

  /// The place of a choice in the list that its form has of them.
  <E> FormWriter choice(List<E> all, E value) {
    return number8(all.indexOf(value));
  }

  /// @throws IllegalArgumentException when there are more than [#COUNT_MAX]
  FormWriter count(int count) {
    if (count > COUNT_MAX) {
      throw new IllegalArgumentException("found " + count + ", expected at most " + COUNT_MAX);
    }
    return write(out -> out.writeShort(count));
  }

  FormWriter bytes(byte[] value) {
    return write(out -> {
      out.writeInt(value.length);
      out.write(value);
    });
  }

  FormWriter text(String value) {
    return bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  byte[] written() {
    return bytes.toByteArray();
  }
}
