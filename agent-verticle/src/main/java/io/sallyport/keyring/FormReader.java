package io.sallyport.keyring;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.SecretBytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Reads what [FormWriter] wrote, and secrets behind it, straight from outside of the heap. Every
/// length is held against what is there before memory is taken for it. Confined to one thread.
final class FormReader {
  /// The bytes are not what a writer makes.
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
      super(message);
    }
  }

  private final SecretBytes form;
  private int at;

  /// @param form stays the caller's
  FormReader(SecretBytes form) {
    this.form = form;
  }

  int number8() throws MalformedException {
    return bytes().getUnsignedByte(advance(Byte.BYTES));
  }

  int number32() throws MalformedException {
    return bytes().getInt(advance(Integer.BYTES));
  }

  long number64() throws MalformedException {
    return bytes().getLong(advance(Long.BYTES));
  }

  int count() throws MalformedException {
    return bytes().getUnsignedShort(advance(Short.BYTES));
  }

  byte[] bytes(int lengthMax) throws MalformedException {
    int length = number32();
    if (length < 0 || length > lengthMax) {
      throw new MalformedException("a field of " + length + " bytes");
    }
    int from = advance(length);
    byte[] field = new byte[length];
    bytes().getBytes(from, field);
    return field;
  }

  String text(int lengthMax) throws MalformedException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes(lengthMax)))
          .toString();
    } catch (CharacterCodingException _) {
      throw new MalformedException("a text that is no UTF-8");
    }
  }

  /// The one of these whose place is there.
  <E> E choice(List<E> all) throws MalformedException {
    int place = number8();
    if (place >= all.size()) {
      throw new MalformedException("an unknown choice");
    }
    return all.get(place);
  }

  /// Whatever is left, which the caller closes.
  SecretBytes rest() {
    int from = at;
    at = form.length();
    return form.copy(from, at - from);
  }

  void end() throws MalformedException {
    if (at != form.length()) {
      throw new MalformedException("a surplus");
    }
  }

  /// Where a field of this length begins; the next one begins behind it.
  private int advance(int length) throws MalformedException {
    if (length > form.length() - at) {
      throw new MalformedException("too few bytes");
    }
    int from = at;
    at += length;
    return from;
  }

  private ByteBuf bytes() {
    return form.reveal();
  }
}
