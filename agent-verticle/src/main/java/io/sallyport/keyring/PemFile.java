package io.sallyport.keyring;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A PEM file (RFC 7468), read into byte arrays that [#close()] wipes: never into a String, since
/// it may hold a private key. Confined to one thread.
final class PemFile implements AutoCloseable {
  /// Bytes of a file with a private key or a chain; more is refused.
  static final int LENGTH_MAX = 1 << 20;

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

  /// @param lengthMax bytes that the file may have, whole MiB
  /// @throws IOException when the file cannot be read, is too large or has a broken block; the
  ///   message is a noun phrase and quotes no content
  static PemFile read(Path path, int lengthMax) throws IOException {
    PemFile file = new PemFile();
    byte[] text = new byte[lengthMax + 1];
    try {
      int length;
      // Not by a channel: it would leave a copy in a buffer that the thread keeps.
      try (InputStream in = new FileInputStream(path.toFile())) {
        length = in.readNBytes(text, 0, text.length);
      }
      if (length > lengthMax) {
        throw new IOException("a file of more than " + (lengthMax >> 20) + " MiB");
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

  /// The certificates among the blocks, in order.
  ///
  /// @throws CertificateException when one of them is none
  List<X509Certificate> certificates() throws CertificateException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks) {
      if (block.label().equals("CERTIFICATE")) {
        // What was parsed may keep the array, which is wiped with the file.
        certificates.add(
            (X509Certificate)
                factory().generateCertificate(new ByteArrayInputStream(block.der().clone())));
      }
    }
    return certificates;
  }

  /// The certificate revocation lists among the blocks, in order.
  ///
  /// @throws CRLException when one of them is none
  List<X509CRL> crls() throws CRLException {
    List<X509CRL> crls = new ArrayList<>();
    for (Block block : blocks) {
      if (block.label().equals("X509 CRL")) {
        crls.add((X509CRL) factory().generateCRL(new ByteArrayInputStream(block.der().clone())));
      }
    }
    return crls;
  }

  private static CertificateFactory factory() {
    try {
      return CertificateFactory.getInstance("X.509");
    } catch (CertificateException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
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

  static boolean isSpace(byte c) {
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
