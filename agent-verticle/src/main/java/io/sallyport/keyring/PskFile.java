package io.sallyport.keyring;

import io.sallyport.config.FilePath;
import io.sallyport.ktls.SecretBytes;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/// Reads a pre-shared secret from a file of hexadecimal digits, as `openssl s_client -psk` takes
/// them, into arrays that are wiped.
final class PskFile {
  static final int SECRET_BYTES_MIN = 16;
  static final int SECRET_BYTES_MAX = 64;

  /// Bytes of a file; more is refused. Leaves room for space around the digits.
  private static final int LENGTH_MAX = 4096;

  private static final String FORM =
      "a file with a secret of "
          + SECRET_BYTES_MIN
          + " to "
          + SECRET_BYTES_MAX
          + " bytes in hexadecimal digits, as from openssl rand -hex 32";

  private PskFile() {}

  /// The secret, which the caller closes; empty when an error was reported.
  static Optional<SecretBytes> read(FilePath file, Findings findings) {
    byte[] text = new byte[LENGTH_MAX + 1];
    try {
      return Optional.of(secret(text, fill(text, file.path())));
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), FORM);
      return Optional.empty();
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  private static int fill(byte[] text, Path path) throws IOException {
    // Not by a channel: it would leave a copy in a buffer that the thread keeps.
    try (InputStream in = new FileInputStream(path.toFile())) {
      int length = in.readNBytes(text, 0, text.length);
      if (length > LENGTH_MAX) {
        throw new IOException("a file of more than 4 KiB");
      }
      return length;
    }
  }

  private static SecretBytes secret(byte[] text, int length) throws IOException {
    int from = 0;
    int to = length;
    while (from < to && PemFile.isSpace(text[from])) {
      from++;
    }
    while (from < to && PemFile.isSpace(text[to - 1])) {
      to--;
    }
    for (int at = from; at < to; at++) {
      if (!HexFormat.isHexDigit(text[at])) {
        throw new IOException("something else than hexadecimal digits");
      }
    }
    int digits = to - from;
    if (digits % 2 != 0) {
      throw new IOException("an odd number of hexadecimal digits");
    }
    if (digits < 2 * SECRET_BYTES_MIN || digits > 2 * SECRET_BYTES_MAX) {
      throw new IOException("a secret of " + digits / 2 + " bytes");
    }
    byte[] secret = new byte[digits / 2];
    for (int i = 0; i < secret.length; i++) {
      int high = HexFormat.fromHexDigit(text[from + 2 * i]);
      secret[i] = (byte) (high << 4 | HexFormat.fromHexDigit(text[from + 2 * i + 1]));
    }
    return SecretBytes.wiping(secret);
  }
}
