package io.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.testing.Command;
import io.sallyport.testing.Seeds;
import io.vertx.core.json.JsonObject;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that is full, slow or gone, and comes back.
class AuditDiskTest {
  private static final Duration SOON = Duration.ofMillis(5);
  private static final AuditOptions FILE_PER_LINE = new AuditOptions(1, 4, SOON, SOON);
  private static final String FAILS = "audit log: cannot write ";
  private static final String RECOVERS = "audit log: it can be written again";

  @TempDir Path folder;

  private List<JsonObject> records() throws IOException {
    List<JsonObject> records = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".log")).toList()) {
        Files.readAllLines(file).forEach(line -> records.add(new JsonObject(line)));
      }
    }
    return records;
  }

  private long uses() throws IOException {
    return records().stream().filter(record -> record.getString("event").equals("key_use")).count();
  }

  /// The next file is a pipe that nobody reads: opening it takes for ever, as on a disk that hangs.
  @Test
  void diskThatHangsDeniesOnceTheQueueIsFullAndNobodyWaits() throws IOException {
    int queued = 0;
    int full = 0;
    try (LogEvents events = new LogEvents();
        AuditLog log = AuditLog.open(folder, "edge-1", FILE_PER_LINE)) {
      Path pipe = folder.resolve("audit-000003.log");
      assertThat(Command.run("mkfifo", pipe.toString()).exitCode()).isZero();
      for (int i = 0; i < 100; i++) {
        switch (log.append(Uses.numbered(i))) {
          case QUEUED -> queued++;
          case FULL -> full++;
          case FAILING, CLOSED -> throw new AssertionError();
        }
      }
      // A batch of four at the most is with the thread that hangs, and four are in the queue.
      assertThat(queued).isBetween(4, 8);
      assertThat(log.stat()).isEqualTo(new AuditStat(queued, full, 0));

      // Now it opens, and cannot be written at a place: the disk fails.
      try (InputStream _ = new FileInputStream(pipe.toFile())) {
        assertThat(events.await(FAILS)).contains("audit-000003.log").contains("free space");
        assertThat(log.append(Uses.numbered(99))).isEqualTo(AuditAnswer.FAILING);
        // Before its reader goes: an attempt to open it without one would take for ever again.
        Files.delete(pipe);
      }
      events.await(RECOVERS);
      assertThat(log.append(Uses.numbered(queued))).isEqualTo(AuditAnswer.QUEUED);
    }
    assertThat(AuditVerifier.verify(folder)).isInstanceOf(AuditVerifier.Intact.class);
    assertThat(uses()).isEqualTo(queued + 1L);
    assertThat(denied("full")).isEqualTo(full);
    assertThat(denied("failing")).isOne();
  }

  /// What all lines about denied uses come to.
  private long denied(String why) throws IOException {
    long denied = 0;
    for (JsonObject record : records()) {
      denied += record.getString("event").equals("denied") ? record.getLong(why) : 0;
    }
    return denied;
  }

  @Test
  void folderThatGoesAwayDeniesUntilItIsBack() throws IOException {
    Path log = folder.resolve("log");
    Path away = folder.resolve("away");
    try (LogEvents events = new LogEvents();
        AuditLog audit = AuditLog.open(log, "edge-1", FILE_PER_LINE)) {
      Files.move(log, away);
      assertThat(audit.append(Uses.numbered(1))).isEqualTo(AuditAnswer.QUEUED);
      assertThat(events.await(FAILS)).contains("no such file or folder");
      assertThat(audit.append(Uses.numbered(2))).isEqualTo(AuditAnswer.FAILING);
      assertThat(events.count(FAILS)).isZero();
      Files.move(away, log);
      events.await(RECOVERS);
      assertThat(audit.append(Uses.numbered(3))).isEqualTo(AuditAnswer.QUEUED);
    }
    assertThat(AuditVerifier.verify(log)).isInstanceOf(AuditVerifier.Intact.class);
  }

  /// The kernel lets files of this process grow to some length and no further, in the middle of a
  /// line, as when the disk is full.
  @Test
  void fullDiskLeavesNoTraceOnceItHasRoomAgain() {
    AtomicInteger run = new AtomicInteger();
    Seeds.forEach(
        5,
        random -> {
          Path log = folder.resolve("run-" + run.incrementAndGet());
          try {
            int queued = fill(log, random);
            assertThat(AuditVerifier.verify(log)).isInstanceOf(AuditVerifier.Intact.class);
            try (Stream<String> lines = Files.lines(log.resolve("audit-000001.log"))) {
              assertThat(lines.filter(line -> line.contains("key_use"))).hasSize(queued);
            }
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  /// Answers with how many uses were queued.
  private static int fill(Path folder, Random random) throws IOException {
    AuditOptions options = new AuditOptions(1 << 30, 10_000, SOON, SOON);
    int queued = 0;
    try (LogEvents events = new LogEvents();
        AuditLog log = AuditLog.open(folder, "edge-1", options)) {
      limitFileSize(Integer.toString(2_000 + random.nextInt(5_000)));
      try {
        while (queued < 5_000 && log.append(Uses.random(random)) == AuditAnswer.QUEUED) {
          queued++;
        }
        events.await(FAILS);
        assertThat(log.append(Uses.numbered(1))).isEqualTo(AuditAnswer.FAILING);
      } finally {
        limitFileSize("unlimited");
      }
      events.await(RECOVERS);
    }
    return queued;
  }

  private static void limitFileSize(String bytes) {
    String pid = Long.toString(ProcessHandle.current().pid());
    Command limit = Command.run("prlimit", "--pid", pid, "--fsize=" + bytes + ":unlimited");
    assertThat(limit).isEqualTo(new Command(0, ""));
  }

  @Test
  void closeWhileTheDiskFailsEndsAndSaysWhatIsLost() throws IOException {
    Path log = folder.resolve("log");
    try (LogEvents events = new LogEvents()) {
      try (AuditLog audit = AuditLog.open(log, "edge-1", FILE_PER_LINE)) {
        Files.move(log, folder.resolve("away"));
        audit.append(Uses.numbered(1));
        events.await(FAILS);
      }
      events.await("closed while it cannot be written");
    }
  }

  @Test
  void fileThatSomebodyTakesAwayIsMissedAndTheLogGoesOnInTheNext() throws IOException {
    AuditOptions options = new AuditOptions(1 << 20, 100, SOON, SOON);
    try (LogEvents events = new LogEvents();
        AuditLog log = AuditLog.open(folder, "edge-1", options)) {
      Files.delete(folder.resolve("audit-000001.log"));
      log.append(Uses.numbered(1));
      assertThat(events.await("found 0 bytes in audit-000001.log, expected "))
          .endsWith("the log goes on in audit-000002.log");
      assertThat(log.append(Uses.numbered(2))).isEqualTo(AuditAnswer.QUEUED);
    }
    Path next = folder.resolve("audit-000002.log");
    assertThat(Files.readString(next))
        .contains("\"event\":\"damage\",\"file\":\"audit-000001.log\"");
    assertThat(AuditVerifier.verify(folder))
        .isInstanceOfSatisfying(
            AuditVerifier.Intact.class,
            intact -> assertThat(intact.first().sequence()).isGreaterThan(0));
  }

  @Test
  void fileThatSomebodyEmptiesIsLeftAndTheVerifierNamesIt() throws IOException {
    AuditOptions options = new AuditOptions(1 << 20, 100, SOON, SOON);
    Path first = folder.resolve("audit-000001.log");
    try (LogEvents events = new LogEvents();
        AuditLog log = AuditLog.open(folder, "edge-1", options)) {
      Files.writeString(first, "mine now\n".repeat(1_000));
      log.append(Uses.numbered(1));
      events.await("found 9000 bytes in audit-000001.log, expected ");
    }
    assertThat(AuditVerifier.verify(folder))
        .isInstanceOfSatisfying(
            AuditVerifier.Broken.class, broken -> assertThat(broken.file()).isEqualTo(first));
  }
}
