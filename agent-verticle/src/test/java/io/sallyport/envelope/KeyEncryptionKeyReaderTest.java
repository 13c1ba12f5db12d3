package io.sallyport.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class KeyEncryptionKeyReaderTest {
  private static final String HEX =
      "ab0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eCD";

  /// `printf 'sallyport kek id' | cat - KEY | sha256sum`, of the key above.
  private static final String ID = "0a8dc190d6373955";

  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private final KeyEncryptionKeyReader reader =
      new KeyEncryptionKeyReader(environment::get, TestKeys.RANDOM);

  private Path file(byte[] content, String permissions) throws IOException {
    Path file = folder.resolve("kek");
    Files.deleteIfExists(file);
    Files.write(file, content);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private Path file(String content) throws IOException {
    return file(content.getBytes(StandardCharsets.UTF_8), "rw-------");
  }

  private void assertRefused(Path file, String found) {
    assertThatThrownBy(() -> reader.file(file))
        .isInstanceOf(KeyEncryptionKeyException.class)
        .hasMessageStartingWith(
            "key-encryption key: found " + found + " in file " + file + ", expected ")
        .hasMessageNotContainingAny("0102", "\n");
  }

  @Test
  void keyIsReadFromEverySourceAndHasTheSameId() throws Exception {
    byte[] raw = HexFormat.of().parseHex(HEX.toLowerCase(Locale.ROOT));
    environment.put("SALLYPORT_KEK", HEX);
    environment.put("CREDENTIALS_DIRECTORY", folder.toString());
    file(HEX + "\n");
    try (KeyEncryptionKey file = reader.file(folder.resolve("kek"));
        KeyEncryptionKey variable = reader.environment("SALLYPORT_KEK");
        KeyEncryptionKey credential = reader.credential("kek");
        KeyEncryptionKey bytes = reader.file(file(raw, "r--------"));
        KeyEncryptionKey spaced = reader.file(file(" \t\r\n" + HEX + " \r\n"))) {
      assertThat(file.id()).isEqualTo(ID);
      for (KeyEncryptionKey key : List.of(variable, credential, bytes, spaced)) {
        assertThat(key.id()).isEqualTo(ID);
        assertThat(key.toString()).isEqualTo("KeyEncryptionKey(" + ID + ")");
      }
    }
    assertThat(reader.warnings()).isEmpty();
  }

  @Test
  void keysOfAnotherLengthOrFormAreRefused() throws Exception {
    assertRefused(file(""), "nothing");
    assertRefused(file(" \n"), "nothing");
    assertRefused(file(HEX.substring(0, 32)), "32 hexadecimal digits");
    assertRefused(file(HEX.substring(1)), "63 hexadecimal digits");
    assertRefused(file(HEX + "0"), "65 hexadecimal digits");
    assertRefused(file(HEX.substring(1) + "g"), "64 bytes that are not all hexadecimal digits");
    assertRefused(file("0x" + HEX), "66 bytes that are not all hexadecimal digits");
    assertRefused(file(new byte[31], "rw-------"), "31 bytes that are not all hexadecimal digits");
    assertRefused(file(new byte[33], "rw-------"), "33 bytes that are not all hexadecimal digits");
    assertRefused(file(HEX + " ".repeat(4096)), "more than 4096 bytes");
  }

  @Test
  void fileThatIsNotThereIsRefused() {
    assertRefused(folder.resolve("missing"), "no file that can be read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw----r--", "rw-r--r--", "rw--w----", "rw-----w-"})
  void fileThatIsNotItsOwnersAloneIsRefused(String permissions) throws Exception {
    Path file = file(HEX.getBytes(StandardCharsets.US_ASCII), permissions);
    assertRefused(file, "permissions " + permissions);
    assertThatThrownBy(() -> reader.file(file)).hasMessageEndingWith("chmod 600 " + file);
  }

  @Test
  void fileThatItsGroupMayReadIsAWarning() throws Exception {
    Path file = file(HEX.getBytes(StandardCharsets.US_ASCII), "r--r-----");
    reader.file(file).close();
    assertThat(reader.warnings())
        .singleElement()
        .asString()
        .startsWith("key-encryption key: found permissions r--r----- in file " + file);
  }

  @Test
  void variableThatIsMissingOrWrongIsRefused() {
    environment.put("EMPTY", "");
    environment.put("SHORT", HEX.substring(2));
    environment.put("WORD", "s3cret-0102");
    assertVariable("UNSET", "nothing");
    assertVariable("EMPTY", "nothing");
    assertVariable("SHORT", "62 hexadecimal digits");
    assertVariable("WORD", "11 bytes that are not all hexadecimal digits");
  }

  private void assertVariable(String name, String found) {
    assertThatThrownBy(() -> reader.environment(name))
        .hasMessage(
            "key-encryption key: found "
                + found
                + " in environment variable "
                + name
                + ", expected a key of 32 bytes as 64 hexadecimal digits, as from openssl rand -hex"
                + " 32");
  }

  @Test
  void credentialNeedsItsDirectoryAndAName() {
    assertThatThrownBy(() -> reader.credential("kek"))
        .hasMessageContaining("found no $CREDENTIALS_DIRECTORY in systemd credential kek");
    environment.put("CREDENTIALS_DIRECTORY", folder.toString());
    assertThatThrownBy(() -> reader.credential("kek"))
        .hasMessageContaining("found no file that can be read in systemd credential kek");
    for (String path : new String[] {"../kek", "a/b", "", ".."}) {
      assertThatThrownBy(() -> reader.credential(path))
          .isInstanceOf(KeyEncryptionKeyException.class)
          .hasMessageContaining("expected a name of letters");
    }
  }

  @Test
  void exceptionTellsItsPartsForAConfigError() {
    assertThatThrownBy(() -> reader.environment("UNSET"))
        .isInstanceOfSatisfying(
            KeyEncryptionKeyException.class,
            e -> {
              assertThat(e.found()).isEqualTo("nothing in environment variable UNSET");
              assertThat(e.expected()).startsWith("a key of 32 bytes");
            });
  }
}
