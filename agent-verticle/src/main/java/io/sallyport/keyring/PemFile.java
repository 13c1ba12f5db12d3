package io.sallyport.keyring;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A PEM file (RFC 7468), read into byte arrays that [#close()] wipes: never into a String, since
/// it may hold a private key. Confined to one thread.
final class PemFile implements AutoCloseable {
  /// Bytes of a file; more is refused.
  private static final int LENGTH_MAX = 1 << 20;

  private static final byte[] BEGIN = "-----BEGIN ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "-----END ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DASHES = "-----".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ENCRYPTED =
      "Proc-Type: 4,ENCRYPTED".getBytes(StandardCharsets.US_ASCII);

  /// One block.
  static final class Block {
    private final String label;
    private final byte[] der;
    private final boolean encrypted;

    private Block(String label, byte[] der, boolean encrypted) {
      this.label = label;
      this.der = der;
      this.encrypted = encrypted;
    }

    /// What stands behind BEGIN.
    String label() {
      return label;
    }

    /// The content; wiped with the file.
    byte[] der() {
      return der;
    }

    /// Whether it takes a passphrase to read the content.
    boolean isEncrypted() {
      return encrypted;
    }
  }

  private final List<Block> blocks = new ArrayList<>();

  private PemFile() {}

  /// @throws IOException when the file cannot be read, is too large or has a broken block; the
  ///   message is a noun phrase and quotes no content
  static PemFile read(Path path) throws IOException {
    PemFile file = new PemFile();
    byte[] text = new byte[LENGTH_MAX + 1];
    try {
      int length;
      // Not by a channel: it would leave a copy in a buffer that the thread keeps.
      try (InputStream in = new FileInputStream(path.toFile())) {
        length = in.readNBytes(text, 0, text.length);
      }
      if (length > LENGTH_MAX) {
        throw new IOException("a file of more than 1 MiB");
      }
      file.parse(text, length);
      return file;
    } catch (IOException e) {
      file.close();
      throw e;
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  List<Block> blocks() {
    return blocks;
  }

  private void parse(byte[] text, int length) throws IOException {
    int at = 0;
    while ((at = find(BEGIN, text, at, length)) >= 0) {
      int labelStart = at + BEGIN.length;
      int labelEnd = find(DASHES, text, labelStart, length);
      int end = labelEnd < 0 ? -1 : find(END, text, labelEnd, length);
      if (end < 0) {
        throw new IOException("a PEM block without an end");
      }
      String label = new String(text, labelStart, labelEnd - labelStart, StandardCharsets.US_ASCII);
      int bodyStart = labelEnd + DASHES.length;
      int encrypted = find(ENCRYPTED, text, bodyStart, end);
      boolean isEncrypted = encrypted >= 0 || label.startsWith("ENCRYPTED");
      byte[] der = isEncrypted ? new byte[0] : decode(text, bodyStart, end);
      blocks.add(new Block(label.strip().toUpperCase(Locale.ROOT), der, isEncrypted));
      at = end + END.length;
    }
  }

  private static int find(byte[] wanted, byte[] text, int from, int to) {
    for (int at = from; at <= to - wanted.length; at++) {
      if (Arrays.equals(wanted, 0, wanted.length, text, at, at + wanted.length)) {
        return at;
      }
    }
    return -1;
  }

  /// Base64 (RFC 4648 §4) with line breaks, into an array that is wiped when it is not the answer.
  private static byte[] decode(byte[] text, int from, int to) throws IOException {
    byte[] decoded = new byte[(to - from) * 3 / 4 + 3];
    int length = 0;
    int bits = 0;
    int digits = 0;
    int padding = 0;
    try {
      for (int at = from; at < to; at++) {
        byte c = text[at];
        if (c == '=') {
          padding++;
        } else if (!isSpace(c)) {
          if (padding > 0) {
            throw new IOException("a PEM block that is no base64");
          }
          bits = bits << 6 | digit(c);
          if (++digits % 4 != 1) {
            decoded[length++] = (byte) (bits >> (6 - 2 * ((digits - 1) % 4)));
          }
        }
      }
      if ((digits + padding) % 4 != 0 || padding > 2) {
        throw new IOException("a PEM block that is no base64");
      }
      return Arrays.copyOf(decoded, length);
    } finally {
      Arrays.fill(decoded, (byte) 0);
    }
  }

  private static boolean isSpace(byte c) {
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
  }

  private static int digit(byte c) throws IOException {
    if (c >= 'A' && c <= 'Z') {
      return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
      return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
      return c - '0' + 52;
    }
    if (c == '+') {
      return 62;
    }
    if (c == '/') {
      return 63;
    }
    throw new IOException("a PEM block that is no base64");
  }

  /// Wipes every block.
  @Override
  public void close() {
    blocks.forEach(block -> Arrays.fill(block.der, (byte) 0));
  }
}
