package io.sallyport.proxy.admin;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Tells a member that whoever asks may read its `data-dir`: 32 random bytes in a file that only
/// the member's user can read, new at each start.
///
/// A token opens the admin address until the next start and nothing else. The member keeps its
/// digest alone. Immutable; any thread.
public final class AdminToken {
  /// The file's name in `data-dir`.
  public static final String FILE = "admin.token";

  private static final String SCHEME = "Bearer ";
  private static final int BYTES = 32;

  /// SHA-256 of the whole header that is expected.
  private final byte[] digest;

  private AdminToken(byte[] digest) {
    this.digest = digest;
  }

  /// Makes a token and writes it into `dataDir`, which is made if need be, in place of the one
  /// before. The file appears whole, and readable by its owner only. Blocks.
  ///
  /// @throws IOException one line
  public static AdminToken write(Path dataDir) throws IOException {
    try {
      return writeInto(dataDir);
    } catch (FileSystemException e) {
      throw new IOException(
          "admin: cannot write "
              + dataDir.resolve(FILE)
              + " ("
              + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason())
              + "); make data-dir a folder that can be written, or set admin listen: none",
          e);
    }
  }

  private static AdminToken writeInto(Path dataDir) throws IOException {
    Files.createDirectories(dataDir);
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    Path part = dataDir.resolve(FILE + ".part");
    Files.deleteIfExists(part);
    try (FileChannel out =
        FileChannel.open(
            part,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer line = StandardCharsets.US_ASCII.encode(token + "\n");
      while (line.hasRemaining()) {
        out.write(line);
      }
    }
    Files.move(part, dataDir.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    return new AdminToken(sha256(SCHEME + token));
  }

  /// What an `Authorization` header has to hold for the member whose `dataDir` this is. Blocks.
  public static String readHeader(Path dataDir) throws IOException {
    return SCHEME + Files.readString(dataDir.resolve(FILE), StandardCharsets.US_ASCII).strip();
  }

  /// Whether an `Authorization` header holds this token. How long it takes tells nothing about it.
  boolean isIn(@Nullable String header) {
    return header != null && MessageDigest.isEqual(digest, sha256(header));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  @Override
  public String toString() {
    return "AdminToken(redacted)";
  }
}
