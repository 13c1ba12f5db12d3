package io.sallyport.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminTokenTest {
  @TempDir Path folder;

  @Test
  void onlyItsOwnerCanReadTheFile() throws IOException {
    Path data = folder.resolve("made/anew");
    AdminToken.write(data);
    Path file = data.resolve("admin.token");
    assertThat(file).content().matches("[0-9a-f]{64}\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(data).isDirectoryContaining("glob:**/admin.token");
    try (var files = Files.list(data)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void fileThatOthersCouldReadIsReplacedAndNotWrittenTo() throws IOException {
    Path file = Files.writeString(folder.resolve("admin.token"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    Path link = Files.createLink(folder.resolve("link"), file);
    AdminToken.write(folder);
    assertThat(link).hasContent("old");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void eachStartHasAnotherOne() throws IOException {
    AdminToken first = AdminToken.write(folder);
    String header = AdminToken.readHeader(folder);
    AdminToken second = AdminToken.write(folder);
    assertThat(first.isIn(header)).isTrue();
    assertThat(second.isIn(header)).isFalse();
    assertThat(second.isIn(AdminToken.readHeader(folder))).isTrue();
  }

  @Test
  void noPartOfItAndNothingElseOpens() throws IOException {
    AdminToken token = AdminToken.write(folder);
    String header = AdminToken.readHeader(folder);
    for (int length = 0; length < header.length(); length++) {
      assertThat(token.isIn(header.substring(0, length))).isFalse();
      char[] flipped = header.toCharArray();
      flipped[length] = (char) (flipped[length] ^ 1);
      assertThat(token.isIn(new String(flipped))).isFalse();
    }
    assertThat(token.isIn(header + " ")).isFalse();
    assertThat(token.isIn(header.substring("Bearer ".length()))).isFalse();
    assertThat(token.isIn(null)).isFalse();
    assertThat(token.toString()).isEqualTo("AdminToken(redacted)");
  }

  @Test
  void folderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    assertThatThrownBy(() -> AdminToken.write(file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("admin: cannot write " + file.resolve("admin.token") + " (")
        .hasMessageEndingWith(
            "); make data-dir a folder that can be written, or set admin listen: none");
  }
}
