package io.sallyport.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.audit.AuditAnswer;
import io.sallyport.audit.AuditLog;
import io.sallyport.audit.AuditOptions;
import io.sallyport.audit.KeyUse;
import io.sallyport.keyring.KeySerial;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// What an operator is told about an audit log: one line in any case.
class KeysAuditCommandTest {
  @TempDir Path folder;
  private Path data;
  private Path log;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void write() throws IOException {
    data = folder.resolve("member");
    log = data.resolve("audit-000001.log");
    try (AuditLog audit = AuditLog.open(data, "edge-1", AuditOptions.defaults())) {
      KeyUse use =
          new KeyUse(
              Instant.now(),
              "edge-2",
              "listener https",
              "web",
              new KeySerial(7),
              KeyUse.Operation.TLS13_CERTIFICATE_VERIFY,
              "www.example.com",
              new KeyUse.Done());
      assertThat(audit.append(use)).isEqualTo(AuditAnswer.QUEUED);
    }
  }

  private int execute(String... words) {
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(words);
  }

  private int verify() {
    return execute("keys", "audit", "--verify", "--data", data.toString());
  }

  @Test
  void intactLogIsCountedAndItsLastChainValueIsPrinted() throws IOException {
    assertThat(verify()).isZero();
    List<String> lines = Files.readAllLines(log);
    String last = lines.getLast();
    String chain = last.substring(last.length() - 66, last.length() - 2);
    assertThat(out.toString())
        .matches(
            "audit log intact: records 0 to 3 \\(4\\), the last of [-0-9T:.]+Z with chain "
                + chain
                + "\n");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void dataDirOfTheConfigFileIsLookedAt() throws IOException {
    Pair pair = new Certificates(folder).issue("site", KeyKind.P256, "localhost");
    Path file =
        Files.writeString(
            folder.resolve("sallyport.yaml"),
            """
            node: {data-dir: member}
            keyrings:
              web: {certificates: [{chain: %s, key: %s}]}
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}
            backends:
              - {name: app, servers: [{address: 127.0.0.1:9}]}
            """
                .formatted(pair.chain(), pair.key()));
    assertThat(execute("keys", "audit", "--verify", "-c", file.toString())).isZero();
    assertThat(out.toString()).startsWith("audit log intact: ");
  }

  @Test
  void changedLineIsNamed() throws IOException {
    Files.writeString(log, Files.readString(log).replace("www.example", "xxx.example"));
    assertThat(verify()).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .matches(
            log
                + ":3: found chain [0-9a-f]{64}, expected chain [0-9a-f]{64}; keep the folder as"
                + " evidence, and compare it with copies\n");
  }

  @Test
  void folderWithoutALogIsNamed() throws IOException {
    Files.delete(log);
    assertThat(verify()).isEqualTo(1);
    assertThat(err.toString())
        .startsWith(data + ": found no audit log, expected audit-000001.log; ");
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Test
  void missingFolderIsNamed() {
    Path missing = folder.resolve("nowhere");
    assertThat(execute("keys", "audit", "--verify", "--data", missing.toString())).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("audit log: cannot read " + missing + " (no such file or folder); name ");
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Test
  void fileInsteadOfTheFolderIsNamed() {
    assertThat(execute("keys", "audit", "--verify", "--data", log.toString())).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("audit log: cannot read " + log + " (it is a file, not a folder); name ");
  }

  @Test
  void wrongUsageIsExitCodeTwo() {
    assertThat(execute("keys", "audit")).isEqualTo(2);
    assertThat(execute("keys", "aduit")).isEqualTo(2);
    assertThat(execute("keys", "audit", "--verify", "-c", "file", "--data", "folder")).isEqualTo(2);
    assertThat(execute("keys")).isEqualTo(2);
  }
}
