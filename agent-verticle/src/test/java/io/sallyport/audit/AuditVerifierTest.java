package io.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.audit.AuditVerifier.Broken;
import io.sallyport.audit.AuditVerifier.Intact;
import io.sallyport.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every way of changing a log that its files can tell, and those few that they cannot.
class AuditVerifierTest {
  private static final int FILES = 4;

  @TempDir Path folder;

  /// The lines of each file, in order.
  private final List<List<String>> log = new ArrayList<>();

  @BeforeEach
  void write() throws IOException {
    AuditOptions options = new AuditOptions(1_000, 100, Duration.ofMillis(1), Duration.ofMillis(1));
    try (AuditLog log = AuditLog.open(folder, "edge-1", options)) {
      for (int i = 0; i < 8; i++) {
        log.append(Uses.numbered(i));
      }
    }
    for (int number = 1; number <= FILES; number++) {
      log.add(new ArrayList<>(Files.readAllLines(file(number))));
    }
    assertThat(file(FILES + 1)).doesNotExist();
    assertThat(verify()).isInstanceOf(Intact.class);
  }

  private Path file(int number) {
    return folder.resolve("audit-00000" + number + ".log");
  }

  private AuditVerifier.Result verify() {
    try {
      return AuditVerifier.verify(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> lines(int number) {
    return log.get(number - 1);
  }

  /// Writes the lines of a file as they are now.
  private void rewrite(int number) {
    try {
      Files.writeString(file(number), String.join("\n", lines(number)) + "\n");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void assertBroken(int number, long line) {
    assertThat(verify())
        .isInstanceOfSatisfying(
            Broken.class,
            broken -> {
              assertThat(broken.file()).isEqualTo(file(number));
              assertThat(broken.line()).isEqualTo(line);
            });
  }

  @Test
  void everyByteWithAFlippedBitIsFoundInItsLine() throws IOException {
    byte[] bytes = Files.readAllBytes(file(2));
    long line = 1;
    for (int i = 0; i < bytes.length; i++) {
      byte flip = (byte) (1 << (i % 8));
      bytes[i] ^= flip;
      Files.write(file(2), bytes);
      assertBroken(2, line);
      bytes[i] ^= flip;
      line += bytes[i] == '\n' ? 1 : 0;
    }
  }

  @Test
  void everyRemovedLineIsFoundInTheNextOne() {
    for (int number = 1; number < FILES; number++) {
      for (int line = 0; line < lines(number).size(); line++) {
        String removed = lines(number).remove(line);
        rewrite(number);
        if (line < lines(number).size()) {
          assertBroken(number, line + 1);
        } else {
          assertBroken(number + 1, 1);
        }
        lines(number).add(line, removed);
        rewrite(number);
      }
    }
  }

  @Test
  void everyInsertedLineIsFound() {
    for (int number = 1; number <= FILES; number++) {
      for (int line = 0; line <= lines(number).size(); line++) {
        lines(number).add(line, lines(number).get(Math.max(0, line - 1)));
        rewrite(number);
        assertBroken(number, Math.max(2, line + 1));
        lines(number).remove(line);
        rewrite(number);
      }
    }
  }

  @Test
  void swappedLinesAreFoundInTheFirstOfThem() {
    for (int a = 0; a < lines(2).size(); a++) {
      for (int b = a + 1; b < lines(2).size(); b++) {
        Collections.swap(lines(2), a, b);
        rewrite(2);
        assertBroken(2, a + 1);
        Collections.swap(lines(2), a, b);
      }
    }
  }

  @Test
  void everyTruncationThatLeavesAPartOfALineIsFound() throws IOException {
    byte[] bytes = Files.readAllBytes(file(FILES));
    long line = 1;
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file(FILES), Arrays.copyOf(bytes, length));
      if (length == 0 || bytes[length - 1] != '\n') {
        assertBroken(FILES, line);
      }
      line += bytes[length] == '\n' ? 1 : 0;
    }
  }

  @Test
  void removedFileIsNamed() throws IOException {
    for (int number = 2; number < FILES; number++) {
      Files.delete(file(number));
      assertThat(verify())
          .isEqualTo(
              new Broken(
                  file(number),
                  0,
                  "no file",
                  "the one before audit-00000" + (number + 1) + ".log"));
      rewrite(number);
    }
  }

  @Test
  void swappedFilesAreFound() throws IOException {
    for (int a = 1; a <= FILES; a++) {
      for (int b = a + 1; b <= FILES; b++) {
        swap(a, b);
        assertBroken(a, 1);
        swap(a, b);
      }
    }
  }

  private void swap(int a, int b) {
    Collections.swap(log, a - 1, b - 1);
    rewrite(a);
    rewrite(b);
  }

  @Test
  void fileOfAnotherLogIsFound() throws IOException {
    Path other = folder.resolve("other");
    AuditOptions options = new AuditOptions(1_000, 100, Duration.ofMillis(1), Duration.ofMillis(1));
    try (AuditLog log = AuditLog.open(other, "edge-1", options)) {
      for (int i = 0; i < 8; i++) {
        log.append(Uses.numbered(i));
      }
    }
    Path last = other.resolve(file(FILES).getFileName());
    Files.write(file(FILES), Files.readAllBytes(last));
    assertBroken(FILES, 1);
  }

  @Test
  void headerThatLeadsNowhereIsFound() {
    // The first file but with another beginning: the header's own value is right.
    String header = lines(1).getFirst();
    String content =
        header.substring(0, header.indexOf(",\"chain\"")).replace("\"seq\":0", "\"seq\":5");
    lines(1)
        .set(0, content + ",\"chain\":\"" + ChainedLine.link(ChainedLine.START, content) + "\"}");
    rewrite(1);
    assertBroken(1, 1);
  }

  @Test
  void archivedBeginningIsToldByTheFirstRecord() throws IOException {
    Intact all = (Intact) verify();
    Files.delete(file(1));
    int removed = lines(1).size();
    assertThat(verify())
        .isInstanceOfSatisfying(
            Intact.class,
            rest -> {
              assertThat(rest.first().sequence()).isEqualTo(removed);
              assertThat(rest.records()).isEqualTo(all.records() - removed);
              assertThat(rest.last()).isEqualTo(all.last());
            });
  }

  @Test
  void lostEndIsToldByTheLastRecordOnly() throws IOException {
    Intact all = (Intact) verify();
    Files.delete(file(FILES));
    assertThat(verify())
        .isInstanceOfSatisfying(
            Intact.class, rest -> assertThat(rest.last()).isNotEqualTo(all.last()));
  }

  @Test
  void folderWithoutALogIsBroken() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(AuditVerifier.verify(empty))
        .isEqualTo(new Broken(empty, 0, "no audit log", "audit-000001.log"));
  }

  @Test
  void messageIsOneLineThatNamesThePlace() {
    lines(2).remove(1);
    rewrite(2);
    long found = lines(1).size() + 2L;
    assertThat(((Broken) verify()).message())
        .isEqualTo(file(2) + ":2: found record " + found + ", expected record " + (found - 1));
  }

  @Test
  void garbageIsBrokenAndNeverMore() {
    Seeds.forEach(
        500,
        random -> {
          byte[] garbage = new byte[random.nextInt(20_000)];
          random.nextBytes(garbage);
          try {
            Files.write(file(1), garbage);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          assertBroken(1, 1);
        });
  }
}
