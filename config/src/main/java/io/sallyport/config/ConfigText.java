package io.sallyport.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// The bytes of a config file as text: bounded, and strictly UTF-8.
final class ConfigText {
  static final int LENGTH_MAX = 1024 * 1024;
  private static final String EXPECTED = "a config file of at most 1 MiB in UTF-8";

  private ConfigText() {}

  /// Returns the text, or empty when it reported why there is none.
  static Optional<String> read(Path file, Errors errors) {
    try {
      if (Files.isDirectory(file)) {
        return reject("a directory", errors);
      }
      byte[] bytes;
      // The bound is on what is read, not on what the file system says: a pipe has no size.
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(LENGTH_MAX + 1);
      }
      return bytes.length > LENGTH_MAX ? rejectSize(errors) : decode(bytes, errors);
    } catch (NoSuchFileException _) {
      return reject("no such file", errors);
    } catch (AccessDeniedException _) {
      return reject("a file that this user may not read", errors);
    } catch (IOException e) {
      return reject("a file that cannot be read (" + e.getMessage() + ")", errors);
    }
  }

  static Optional<String> rejectSize(Errors errors) {
    return reject("a file of more than 1 MiB", errors);
  }

  private static Optional<String> decode(byte[] bytes, Errors errors) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length); // UTF-8 never has fewer bytes than chars
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (result.isUnderflow()) {
      return Optional.of(text);
    }
    int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
    String rest = text.substring(text.lastIndexOf('\n') + 1);
    String found = String.format("the byte 0x%02X, which is not UTF-8", bytes[in.position()]);
    int column = 1 + rest.codePointCount(0, rest.length());
    errors.add(new ConfigError(errors.at(line, column), found, "UTF-8 text"));
    return Optional.empty();
  }

  private static Optional<String> reject(String found, Errors errors) {
    errors.add(new ConfigError(errors.start(), found, EXPECTED));
    return Optional.empty();
  }
}
