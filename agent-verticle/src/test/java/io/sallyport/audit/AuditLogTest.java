package io.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.Command;
import io.sallyport.testing.Seeds;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A log is written, closed, damaged and opened again.
class AuditLogTest {
  private static final AuditOptions SMALL_FILES =
      new AuditOptions(2_000, 10_000, Duration.ofMillis(1), Duration.ofMillis(10));

  @TempDir Path folder;

  private AuditLog open() throws IOException {
    return AuditLog.open(folder, "edge-1", AuditOptions.defaults());
  }

  /// A log of some uses, closed again.
  private void write(AuditOptions options, int uses) throws IOException {
    try (AuditLog log = AuditLog.open(folder, "edge-1", options)) {
      for (int i = 0; i < uses; i++) {
        assertThat(log.append(Uses.numbered(i))).isEqualTo(AuditAnswer.QUEUED);
      }
    }
  }

  private List<JsonObject> records() {
    try (Stream<Path> files = Files.list(folder)) {
      List<JsonObject> records = new ArrayList<>();
      for (Path file : files.filter(it -> it.toString().endsWith(".log")).sorted().toList()) {
        Files.readAllLines(file).forEach(line -> records.add(new JsonObject(line)));
      }
      return records;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> events() {
    return records().stream().map(record -> record.getString("event")).toList();
  }

  private AuditVerifier.Intact intact() {
    try {
      AuditVerifier.Result result = AuditVerifier.verify(folder);
      assertThat(result).isInstanceOf(AuditVerifier.Intact.class);
      return (AuditVerifier.Intact) result;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void logHoldsEveryUseInItsOrderBetweenStartAndStop() throws IOException {
    write(AuditOptions.defaults(), 3);
    assertThat(events()).containsExactly("file", "start", "key_use", "key_use", "key_use", "stop");
    assertThat(records().subList(2, 5))
        .extracting(record -> record.getString("key"))
        .containsExactly("00000000", "00000001", "00000002");
    assertThat(intact().records()).isEqualTo(6);
    assertThat(intact().first().sequence()).isZero();
    assertThat(intact().last().sequence()).isEqualTo(5);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("audit-000001.log"))))
        .startsWith("rw-")
        .endsWith("---");
  }

  @Test
  void anotherProgramFollowsTheChainOverFilesAndRestarts() throws IOException {
    write(SMALL_FILES, 20);
    write(SMALL_FILES, 20);
    assertThat(folder.resolve("audit-000005.log")).exists();
    AuditVerifier.Intact intact = intact();
    Command python =
        Command.run(
            "python3", Path.of("src/test/resources/audit_chain.py").toString(), folder.toString());
    assertThat(python)
        .isEqualTo(new Command(0, intact.records() + " " + intact.last().chain() + "\n"));
  }

  @Test
  void restartGoesOnWithTheChain() throws IOException {
    write(AuditOptions.defaults(), 1);
    AuditVerifier.Mark before = intact().last();
    write(AuditOptions.defaults(), 1);
    assertThat(events())
        .containsExactly("file", "start", "key_use", "stop", "start", "key_use", "stop");
    assertThat(records().get(3).getString("chain")).isEqualTo(before.chain());
    assertThat(intact().records()).isEqualTo(7);
  }

  @Test
  void anotherNameOfTheMemberBeginsAFile() throws IOException {
    write(AuditOptions.defaults(), 1);
    AuditLog.open(folder, "edge-9", AuditOptions.defaults()).close();
    assertThat(records().get(4).getString("member")).isEqualTo("edge-9");
    assertThat(records().get(4).getInteger("number")).isEqualTo(2);
    assertThat(intact().records()).isEqualTo(7);
  }

  @Test
  void concurrentAppendersLoseNothing() throws Exception {
    int threads = 8;
    int each = 2_000;
    AuditOptions options =
        new AuditOptions(100_000, threads * each, Duration.ofMillis(5), Duration.ofMillis(10));
    try (AuditLog log = AuditLog.open(folder, "edge-1", options)) {
      CyclicBarrier together = new CyclicBarrier(threads);
      List<Thread> appenders = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int first = i * each;
        appenders.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    together.await();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                  for (int j = 0; j < each; j++) {
                    log.append(Uses.numbered(first + j));
                  }
                }));
      }
      for (Thread appender : appenders) {
        appender.join();
      }
      assertThat(log.stat()).isEqualTo(new AuditStat((long) threads * each, 0, 0));
    }
    int[] next = new int[threads];
    for (JsonObject record : records()) {
      if (record.getString("event").equals("key_use")) {
        int number = Integer.parseInt(record.getString("key"), 16);
        assertThat(number % each).isEqualTo(next[number / each]++);
      }
    }
    assertThat(next).containsOnly(each);
    intact();
  }

  @Test
  void nothingIsTakenOnceItIsClosed() throws IOException {
    AuditLog log = open();
    log.close();
    log.close();
    assertThat(log.append(Uses.numbered(1))).isEqualTo(AuditAnswer.CLOSED);
    assertThat(events()).containsExactly("file", "start", "stop");
  }

  @Test
  void closeRacesWithAppendersAndWritesExactlyWhatItTook() throws Exception {
    AuditLog log = open();
    CyclicBarrier together = new CyclicBarrier(2);
    int[] taken = new int[1];
    Thread appender =
        Thread.ofPlatform()
            .start(() -> {
              try {
                together.await();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
              AuditAnswer answer = log.append(Uses.numbered(0));
              while (answer != AuditAnswer.CLOSED) {
                taken[0] += answer == AuditAnswer.QUEUED ? 1 : 0;
                answer = log.append(Uses.numbered(0));
              }
            });
    together.await();
    log.close();
    appender.join();
    assertThat(events().stream().filter("key_use"::equals)).hasSize(taken[0]);
    assertThat(events()).endsWith("stop");
    intact();
  }

  @Test
  void lineTornAtAnyByteIsCutOffAndTheLogSaysSo() throws IOException {
    write(AuditOptions.defaults(), 1);
    Path file = folder.resolve("audit-000001.log");
    byte[] whole = Files.readAllBytes(file);
    int lastLine = whole.length - 1;
    while (whole[lastLine - 1] != '\n') {
      lastLine--;
    }
    for (int length = lastLine + 1; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      write(AuditOptions.defaults(), 1);
      assertThat(events())
          .containsExactly("file", "start", "key_use", "cut", "start", "key_use", "stop");
      assertThat(records().get(3).getInteger("bytes")).isEqualTo(length - lastLine);
      assertThat(records().get(3).getString("text"))
          .isEqualTo(new String(whole, lastLine, length - lastLine, StandardCharsets.US_ASCII));
      assertThat(intact().records()).isEqualTo(7);
    }
  }

  @Test
  void fileTornAtAnyByteOfItsHeaderBeginsAgain() throws IOException {
    write(AuditOptions.defaults(), 1);
    Path file = folder.resolve("audit-000001.log");
    byte[] whole = Files.readAllBytes(file);
    int headerLength = Files.readString(file).indexOf('\n');
    for (int length = 0; length <= headerLength; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      write(AuditOptions.defaults(), 0);
      assertThat(events())
          .isEqualTo(
              length == 0
                  ? List.of("file", "start", "stop")
                  : List.of("file", "cut", "start", "stop"));
      intact();
    }
  }

  @Test
  void nextFileTornAtAnyByteOfItsHeaderBeginsAgainBehindTheOneBefore() throws IOException {
    write(new AuditOptions(1, 10, Duration.ofMillis(1), Duration.ofMillis(1)), 0);
    Path last = folder.resolve("audit-000003.log");
    byte[] whole = Files.readAllBytes(last);
    int headerLength = Files.readString(last).indexOf('\n');
    for (int length = 0; length <= headerLength; length++) {
      Files.write(last, Arrays.copyOf(whole, length));
      write(AuditOptions.defaults(), 0);
      assertThat(events().subList(4, events().size()))
          .isEqualTo(length == 0 ? List.of("start", "stop") : List.of("cut", "start", "stop"));
      intact();
    }
  }

  @Test
  void zerosAfterAPowerLossAreCutOff() throws IOException {
    write(AuditOptions.defaults(), 1);
    Files.write(folder.resolve("audit-000001.log"), new byte[100_000], StandardOpenOption.APPEND);
    write(AuditOptions.defaults(), 1);
    assertThat(records().get(4).getString("event")).isEqualTo("cut");
    assertThat(records().get(4).getInteger("bytes")).isEqualTo(100_000);
    intact();
  }

  @Test
  void brokenChainIsMovedAsideLoudlyAndANewLogBegins() throws IOException {
    write(AuditOptions.defaults(), 3);
    Path file = folder.resolve("audit-000001.log");
    String broken = Files.readString(file).replace("00000001", "00000007");
    Files.writeString(file, broken);
    try (LogEvents events = new LogEvents()) {
      write(AuditOptions.defaults(), 1);
      assertThat(events.await("broken-1"))
          .startsWith("audit log: " + file + ":4: found chain ")
          .endsWith(
              "it was changed or damaged and is kept as audit-000001.log.broken-1, a new log begins"
                  + " in audit-000002.log");
    }
    Path aside = folder.resolve("audit-000001.log.broken-1");
    assertThat(aside).hasContent(broken);
    assertThat(file).doesNotExist();
    assertThat(events()).containsExactly("file", "damage", "start", "key_use", "stop");
    assertThat(records().get(1).getString("file")).isEqualTo("audit-000001.log.broken-1");
    assertThat(records().get(1).getString("found")).startsWith("line 4 with chain ");
    assertThat(AuditVerifier.verify(folder))
        .isEqualTo(
            new AuditVerifier.Broken(
                aside, 0, "a log that was broken when the member started", "none"));
    Files.delete(aside);
    assertThat(intact().first().sequence()).isZero();
  }

  @Test
  void asideNamesAreNeverTakenTwice() throws IOException {
    Files.createDirectories(folder);
    for (int i = 1; i <= 3; i++) {
      Files.writeString(folder.resolve("audit-000001.log"), "broken " + i + "\n");
      AuditLog.open(folder, "edge-1", AuditOptions.defaults()).close();
      Files.delete(folder.resolve("audit-000002.log"));
      assertThat(folder.resolve("audit-000001.log.broken-" + i)).hasContent("broken " + i + "\n");
    }
  }

  @Test
  void twoProcessesNeverWriteToOneLog() throws IOException {
    AuditLog log = open();
    assertThatThrownBy(this::open)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "audit log: cannot write "
                + folder.resolve("audit.lock")
                + " (another process writes here); make data-dir a folder that can be written, and"
                + " no other member's");
    log.close();
    open().close();
  }

  @Test
  void folderThatIsAFileIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    assertThatThrownBy(() -> AuditLog.open(file, "edge-1", AuditOptions.defaults()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "audit log: cannot write "
                + file
                + " (it is a file, not a folder); make data-dir a folder that can be written, and"
                + " no other member's");
  }

  @Test
  void whateverIsWrittenIsIntactHoweverItIsCutIntoFiles() {
    Seeds.forEach(
        10,
        random -> {
          Path part = folder.resolve(Integer.toHexString(random.nextInt()));
          AuditOptions options =
              new AuditOptions(
                  1 + random.nextInt(100_000), 100, Duration.ofMillis(1), Duration.ofMillis(1));
          long uses = 0;
          try {
            for (int starts = random.nextInt(4); starts >= 0; starts--) {
              try (AuditLog log = AuditLog.open(part, "edge-1", options)) {
                for (int i = random.nextInt(100); i > 0; i--) {
                  uses += log.append(Uses.random(random)) == AuditAnswer.QUEUED ? 1 : 0;
                }
              }
            }
            assertThat(AuditVerifier.verify(part)).isInstanceOf(AuditVerifier.Intact.class);
            try (Stream<Path> files = Files.list(part)) {
              long written = 0;
              for (Path file : files.filter(it -> it.toString().endsWith(".log")).toList()) {
                written +=
                    Files.readAllLines(file).stream()
                        .filter(line -> line.contains("\"event\":\"key_use\""))
                        .count();
              }
              assertThat(written).isEqualTo(uses);
            }
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }
}
