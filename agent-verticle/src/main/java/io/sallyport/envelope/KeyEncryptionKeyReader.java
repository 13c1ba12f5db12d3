package io.sallyport.envelope;

import io.sallyport.ktls.SecretBytes;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads key-encryption keys: 32 bytes as 64 hexadecimal digits with or without space around them,
/// or, in a file or credential, raw.
///
/// Files go through arrays that are wiped. The environment is made of Strings, of which the process
/// has a copy for as long as it lives, and its children another: a file or a credential is better.
///
/// Blocks on the file system. For one start or reload; not thread-safe.
public final class KeyEncryptionKeyReader {
  /// Where systemd puts credentials (systemd.exec(5)).
  private static final String CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY";

  /// Bytes of a file; more is refused. Leaves room for space around the digits.
  private static final int LENGTH_MAX = 4096;

  private static final String HEX_FORM =
      "a key of 32 bytes as 64 hexadecimal digits, as from openssl rand -hex 32";
  private static final String FORM = HEX_FORM + ", or as 32 raw bytes";

  /// As systemd permits: no path.
  private static final Pattern CREDENTIAL_NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,254}");

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.GROUP_WRITE);

  private final Function<String, @Nullable String> environment;
  private final SecureRandom random;
  private final List<String> warnings = new ArrayList<>();

  /// @param environment the value of a variable; null when it is not set. Whoever starts the
  ///   process hands it in, as `System.getenv()::get`
  public KeyEncryptionKeyReader(
      Function<String, @Nullable String> environment, SecureRandom random) {
    this.environment = environment;
    this.random = random;
  }

  /// What an operator should know about the keys that were read; one line each.
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /// The key in a file, which the caller closes.
  ///
  /// A file that everybody may read, or others than its owner may write, is refused. One that its
  /// group may read is a warning: a container gets its secrets like that.
  ///
  /// @throws KeyEncryptionKeyException when there is none
  public KeyEncryptionKey file(Path path) throws KeyEncryptionKeyException {
    String source = "file " + path;
    checkPermissions(source, path);
    return read(source, path);
  }

  /// The key in a variable, which the caller closes.
  ///
  /// @throws KeyEncryptionKeyException when there is none
  public KeyEncryptionKey environment(String name) throws KeyEncryptionKeyException {
    String source = "environment variable " + name;
    String value = environment.apply(name);
    if (value == null) {
      throw new KeyEncryptionKeyException(source, "nothing", HEX_FORM);
    }
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    try {
      return key(hex(source, text, text.length, HEX_FORM));
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  /// The key in a credential of the systemd unit, which the caller closes. That only the unit can
  /// read it is for systemd, whose access lists look like a readable group.
  ///
  /// @throws KeyEncryptionKeyException when there is none
  public KeyEncryptionKey credential(String name) throws KeyEncryptionKeyException {
    String source = "systemd credential " + name;
    if (!CREDENTIAL_NAME.matcher(name).matches()) {
      throw new KeyEncryptionKeyException(
          source, "a name", "a name of letters, digits, \".\", \"_\" and \"-\"");
    }
    String directory = environment.apply(CREDENTIALS_DIRECTORY);
    if (directory == null || directory.isEmpty()) {
      throw new KeyEncryptionKeyException(
          source,
          "no $" + CREDENTIALS_DIRECTORY,
          "a systemd unit with LoadCredential=" + name + ":PATH");
    }
    return read(source, Path.of(directory).resolve(name));
  }

  private void checkPermissions(String source, Path path) throws KeyEncryptionKeyException {
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(path);
    } catch (IOException _) {
      throw new KeyEncryptionKeyException(source, "no file that can be read", FORM);
    } catch (UnsupportedOperationException _) {
      return; // a file system without permissions
    }
    String found = PosixFilePermissions.toString(permissions);
    if (permissions.stream().anyMatch(OTHERS::contains)) {
      throw new KeyEncryptionKeyException(
          source, "permissions " + found, "rw------- or less: chmod 600 " + path);
    }
    if (permissions.contains(PosixFilePermission.GROUP_READ)) {
      warnings.add(
          "key-encryption key: found permissions "
              + found
              + " in "
              + source
              + ", expected rw------- or less, unless its group is this process alone");
    }
  }

  private KeyEncryptionKey read(String source, Path path) throws KeyEncryptionKeyException {
    byte[] text = new byte[LENGTH_MAX + 1];
    // Not by a channel: it would leave a copy in a buffer that the thread keeps.
    try (InputStream in = new FileInputStream(path.toFile())) {
      return key(bytes(source, text, in.readNBytes(text, 0, text.length)));
    } catch (IOException _) {
      throw new KeyEncryptionKeyException(source, "no file that can be read", FORM);
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  private KeyEncryptionKey key(SecretBytes bytes) {
    return KeyEncryptionKey.of(bytes, random);
  }

  private static SecretBytes bytes(String source, byte[] text, int length)
      throws KeyEncryptionKeyException {
    if (length > LENGTH_MAX) {
      throw new KeyEncryptionKeyException(source, "more than " + LENGTH_MAX + " bytes", FORM);
    }
    // Digits of half a key are as long as a whole one that is raw.
    return length == KeyEncryptionKey.LENGTH && digits(text, 0, length) < length
        ? SecretBytes.wiping(Arrays.copyOf(text, length))
        : hex(source, text, length, FORM);
  }

  private static SecretBytes hex(String source, byte[] text, int length, String form)
      throws KeyEncryptionKeyException {
    int from = 0;
    int to = length;
    while (from < to && isSpace(text[from])) {
      from++;
    }
    while (from < to && isSpace(text[to - 1])) {
      to--;
    }
    int digits = digits(text, from, to);
    if (from == to) {
      throw new KeyEncryptionKeyException(source, "nothing", form);
    }
    if (digits < to - from) {
      throw new KeyEncryptionKeyException(
          source, (to - from) + " bytes that are not all hexadecimal digits", form);
    }
    if (digits != 2 * KeyEncryptionKey.LENGTH) {
      throw new KeyEncryptionKeyException(source, digits + " hexadecimal digits", form);
    }
    byte[] key = new byte[KeyEncryptionKey.LENGTH];
    for (int i = 0; i < key.length; i++) {
      int high = HexFormat.fromHexDigit(text[from + 2 * i]);
      key[i] = (byte) (high << 4 | HexFormat.fromHexDigit(text[from + 2 * i + 1]));
    }
    return SecretBytes.wiping(key);
  }

  private static int digits(byte[] text, int from, int to) {
    int count = 0;
    for (int at = from; at < to; at++) {
      if (HexFormat.isHexDigit(text[at])) {
        count++;
      }
    }
    return count;
  }

  private static boolean isSpace(byte c) {
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
  }
}
