package io.sallyport.agent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads the structures of TLS's presentation language (RFC 9846 §3, 8446 §3) from bytes of which
/// nothing is known.
///
/// A reader never looks past its own end, and a vector becomes a reader whose end is that of the
/// vector. It shares the bytes with whoever made it, and copies what it hands out. Not thread-safe.
final class HelloReader {
  /// The bytes are not what they should be. Without a stack trace, since a client decides how often
  /// it comes to this.
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed() {
      super(null, null, false, false);
    }
  }

  private final byte[] bytes;
  private int position;
  private final int end;

  HelloReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private HelloReader(byte[] bytes, int position, int end) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /// How many bytes are left.
  int remaining() {
    return end - position;
  }

  /// @throws Malformed when bytes are left
  void requireEnd() throws Malformed {
    require(remaining() == 0);
  }

  static void require(boolean condition) throws Malformed {
    if (!condition) {
      throw new Malformed();
    }
  }

  /// An unsigned number of one byte.
  int uint8() throws Malformed {
    require(remaining() >= 1);
    return Byte.toUnsignedInt(bytes[position++]);
  }

  /// An unsigned number of two bytes.
  int uint16() throws Malformed {
    return uint8() << Byte.SIZE | uint8();
  }

  /// An unsigned number of four bytes.
  long uint32() throws Malformed {
    return (long) uint16() << Short.SIZE | uint16();
  }

  void skip(int length) throws Malformed {
    require(length <= remaining());
    position += length;
  }

  /// A vector with a length of one byte, and not shorter than `lengthMin` bytes.
  HelloReader vector8(int lengthMin) throws Malformed {
    return vector(uint8(), lengthMin);
  }

  /// A vector with a length of two bytes, and not shorter than `lengthMin` bytes.
  HelloReader vector16(int lengthMin) throws Malformed {
    return vector(uint16(), lengthMin);
  }

  private HelloReader vector(int length, int lengthMin) throws Malformed {
    require(length >= lengthMin && length <= remaining());
    position += length;
    return new HelloReader(bytes, position - length, position);
  }

  /// All that is left, as a copy.
  byte[] rest() {
    byte[] rest = Arrays.copyOfRange(bytes, position, end);
    position = end;
    return rest;
  }

  /// All that is left, as numbers of one byte; immutable.
  List<Integer> uint8s() throws Malformed {
    List<Integer> numbers = new ArrayList<>(remaining());
    while (remaining() > 0) {
      numbers.add(uint8());
    }
    return List.copyOf(numbers);
  }

  /// All that is left, as numbers of two bytes; immutable.
  List<Integer> uint16s() throws Malformed {
    List<Integer> numbers = new ArrayList<>(remaining() / Short.BYTES);
    while (remaining() > 0) {
      numbers.add(uint16());
    }
    return List.copyOf(numbers);
  }
}
