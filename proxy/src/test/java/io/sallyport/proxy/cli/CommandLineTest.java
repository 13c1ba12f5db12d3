package io.sallyport.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// A user's mistakes: each is one line that names the thing, with the exit code that says whose it
/// is.
class CommandLineTest {
  @TempDir Path folder;
  private Pair pair;
  private Pair other;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void certify() {
    Certificates certificates = new Certificates(folder);
    pair = certificates.issue("site", KeyKind.P256, "localhost");
    other = certificates.issue("other", KeyKind.P256, "other.test");
  }

  @Test
  void aGoodFileIsOk() throws IOException {
    Path file = config("127.0.0.1:0", pair.chain(), pair.key());
    assertThat(execute("check", "-c", file.toString())).isZero();
    assertThat(out.toString()).isEqualTo(file + ": ok\n");
  }

  @Test
  void anUnknownKeyIsNamedWithItsPlaceAndItsNeighbour() throws IOException {
    Path file = config("127.0.0.1:0", pair.chain(), pair.key());
    Files.writeString(file, Files.readString(file).replace("bind:", "bnid:"));
    assertThat(execute("check", "-c", file.toString())).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString())
        .startsWith(file + ":6:5: found unknown key \"bnid\"")
        .contains("did you mean \"bind\"?");
  }

  @Test
  void aMissingFileIsNamedWhereItIsWanted() throws IOException {
    Path file = config("127.0.0.1:0", folder.resolve("nowhere.pem"), pair.key());
    assertThat(execute("check", "-c", file.toString())).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).startsWith(file + ":3:").contains("nowhere.pem");
  }

  @Test
  void aCertificateThatDoesNotMatchItsKeyIsNamed() throws IOException {
    Path file = config("127.0.0.1:0", pair.chain(), other.key());
    assertThat(execute("check", "-c", file.toString())).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString())
        .startsWith(file + ":3:")
        .contains("a private key that does not belong to")
        .contains("other.key");
  }

  @Test
  void statisticsOfTheClusterThatOneIsNotInAreRefusedInOneLine() throws IOException {
    try (AdminPeer admin = new AdminPeer("404 Not Found\r\n")) {
      assertThat(execute("stat", "--cluster", "--admin", admin.address())).isEqualTo(1);
      assertThat(admin.asked()).isEqualTo("GET /cluster/tls_stat HTTP/1.1");
      assertThat(err.toString())
          .isEqualTo(
              "the member at %s is in no cluster; leave --cluster out, or give its config a cluster"
                      .formatted(admin.address())
                  + " section\n");
    }
  }

  @Test
  void membersThatDoNotAnswerAreNamedBesideTheStatistics() throws IOException {
    try (AdminPeer admin = new AdminPeer("200 OK\r\nSallyport-Silent: edge-2, edge-3\r\n")) {
      assertThat(execute("stat", "--cluster", "--json", "--admin", admin.address())).isZero();
      assertThat(admin.asked()).isEqualTo("GET /cluster/stats HTTP/1.1");
      assertThat(out.toString()).isEqualTo("numbers\n");
      assertThat(err.toString())
          .isEqualTo("no answer from edge-2, edge-3; counted as of the last report\n");
    }
  }

  @Test
  void aConfigFileThatIsNotThereIsNamed() {
    Path file = folder.resolve("nowhere.yaml");
    assertThat(execute("check", "-c", file.toString())).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("nowhere.yaml");
  }

  @Test
  void aPortInUseIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String bind = "127.0.0.1:" + taken.getLocalPort();
      Path file = config(bind, pair.chain(), pair.key());
      assertThat(execute("run", "-c", file.toString())).isEqualTo(1);
      assertThat(err.toString().lines()).hasSize(1);
      assertThat(err.toString())
          .startsWith("listener https: cannot bind " + bind + ": address already in use");
    }
  }

  @Test
  void aMemberThatIsNotThereIsNamed() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertThat(execute("stat", "--admin", "127.0.0.1:" + port)).isEqualTo(1);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString())
        .startsWith("no member answers at the admin address 127.0.0.1:" + port);
  }

  @Test
  void wrongUsageIsExitCodeTwo() {
    assertThat(execute("chekc")).isEqualTo(2);
    assertThat(err.toString()).contains("chekc");
    assertThat(execute("check")).isEqualTo(2);
    assertThat(execute("stat", "--nonsense")).isEqualTo(2);
    assertThat(execute("run", "-c", "some.yaml", "--data", "folder")).isEqualTo(2);
  }

  @Test
  void helpIsNoMistake() {
    assertThat(execute("--help")).isZero();
    assertThat(execute("run", "-h")).isZero();
    assertThat(execute("--version")).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("Usage: sallyport run").contains("sallyport (");
  }

  @Test
  void aDataFolderThatIsAFileIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    assertThat(execute("run", "--data", file.toString())).isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo(
            "quickstart: cannot write "
                + file
                + " (it is a file, not a folder); name a folder that can be written with --data"
                + " FOLDER\n");
  }

  @Test
  void theVersionIsOneLine() {
    assertThat(execute("version")).isZero();
    assertThat(out.toString().lines()).hasSize(1);
    assertThat(out.toString()).startsWith("sallyport ");
  }

  private int execute(String... words) {
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(words);
  }

  private Path config(String bind, Path chain, Path key) throws IOException {
    return Files.writeString(
        folder.resolve("sallyport.yaml"),
        """
        admin: {listen: none}
        keyrings:
          web: {certificates: [{chain: %s, key: %s}]}
        listeners:
          - name: https
            bind: %s
            tls: {keyring: web}
            backend: app
        backends:
          - name: app
            servers: [{address: 127.0.0.1:9}]
        """
            .formatted(chain, key, bind));
  }
}
