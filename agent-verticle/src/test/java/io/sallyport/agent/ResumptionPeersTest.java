package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Vertx;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `openssl` comes back with the tickets it was given, to the same rules and to others.
@ExtendWith(LeakCheck.class)
class ResumptionPeersTest {
  private static final List<String> ALPN = List.of("h2", "http/1.1");

  @TempDir private static Path folder;
  private static final Vertx VERTX = Vertx.vertx();
  private static final LocalKeyringStore STORE = new LocalKeyringStore();

  @SuppressWarnings("NullAway.Init")
  private static AgentVerticle agent;

  @SuppressWarnings("NullAway.Init")
  private static TestServer server;

  @BeforeAll
  static void start() {
    TestFiles files = new TestFiles(folder);
    files.certificate("ec", "ec:P-256", "DNS:site.example,DNS:*.wild.example");
    files.certificate("rsa", "rsa:2048", "DNS:rsa.example");
    STORE.put(files.keyring(STORE, "web", "ec", "rsa"));
    STORE.put(files.keyring(STORE, "same", "ec", "rsa"));
    STORE.put(files.keyring(STORE, "rsa", "rsa"));
    agent = new AgentVerticle(STORE, AgentOptions.defaults());
    VERTX.deployVerticle(agent).await();
    server = server("web", TlsVersion.TLS_1_2, TlsVersion.TLS_1_3, ALPN);
  }

  @AfterAll
  static void stop() {
    server.close();
    VERTX.close().await();
    STORE.close();
  }

  private static TestServer server(
      String keyring, TlsVersion min, TlsVersion max, List<String> alpn) {
    return new TestServer(
        agent.service(), keyring, TlsPolicy.DEFAULT.withVersions(min, max).withAlpn(alpn));
  }

  /// What `s_client` prints of one connection on which it sends a request.
  private static String client(TestServer to, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("openssl", "s_client", "-connect", "127.0.0.1:" + to.port(), "-ign_eof"));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    // A client that hangs fails its test, and does not hang it too.
    CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(process::destroyForcibly);
    try (OutputStream in = process.getOutputStream()) {
      in.write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      in.flush();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// A first connection, which leaves its session in a file.
  private static String firstSession(String... options) throws Exception {
    Path session = Files.createTempFile(folder, "session", ".pem");
    assertThat(client(server, with(options, "-sess_out", session.toString())))
        .contains("\nNew, TLSv1.")
        .contains("HTTP/1.1 200 OK");
    return session.toString();
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256",
        "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384",
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
        "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
        "-tls1_3 -groups X448:X25519",
        "-tls1_3 -groups X448:X25519 -ciphersuites TLS_AES_256_GCM_SHA384",
        "-tls1_3 -servername site.example -alpn http/1.1,h2",
        "-tls1_3 -servername rsa.example",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
        "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384",
        "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305",
        "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384",
        "-tls1_2 -servername site.example -alpn http/1.1,h2",
        "-servername a.wild.example"
      })
  void opensslResumesTwiceInARow(String line) throws Exception {
    String[] options = line.split(" ");
    String session = firstSession(options);
    server.outcomes().clear();
    for (int i = 0; i < 2; i++) {
      assertThat(client(server, with(options, "-sess_in", session, "-sess_out", session)))
          .contains("\nReused, TLSv1.")
          .contains("HTTP/1.1 200 OK");
    }
    assertThat(server.outcomes())
        .hasSize(2)
        .allMatch(outcome -> outcome.status() == HandshakeStatus.OK);
  }

  @Test
  void resumedSessionHasTheNameAndProtocolOfItsOwnHandshake() throws Exception {
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      String[] options = {version, "-servername", "site.example", "-alpn", "h2"};
      String session = firstSession(options);
      server.outcomes().clear();
      assertThat(client(server, with(options, "-sess_in", session)))
          .contains("\nReused, TLSv1.")
          .contains("ALPN protocol: h2");
      HandshakeOutcome.Established established =
          (HandshakeOutcome.Established) server.outcomes().remove();
      assertThat(established.session().sni()).isEqualTo("site.example");
      assertThat(established.session().alpn()).isEqualTo("h2");
    }
  }

  @Test
  void fullHandshakeGivesTwoTicketsAndAResumedOneGivesOne() throws Exception {
    String[] options = {"-tls1_3", "-msg"};
    String session = folder.resolve("count.pem").toString();
    assertThat(client(server, with(options, "-sess_out", session)).split("NewSessionTicket", -1))
        .hasSize(3);
    assertThat(client(server, with(options, "-sess_in", session)).split("NewSessionTicket", -1))
        .hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    // Another name, none, and one of the same certificate.
    "-servername site.example, -servername rsa.example",
    "-servername site.example, -noservername",
    "-servername a.wild.example, -servername b.wild.example",
    // Another protocol, and none.
    "-servername site.example -alpn h2, -servername site.example -alpn http/1.1",
    "-servername site.example -alpn h2, -servername site.example",
    "-servername site.example, -servername site.example -alpn h2",
    // The client cannot verify that certificate any more.
    "-noservername -sigalgs ECDSA+SHA256, -noservername -sigalgs RSA-PSS+SHA256"
  })
  void otherHelloGetsAFullHandshake(String first, String second) throws Exception {
    for (String version : List.of("-tls1_2", "-tls1_3")) {
      String session = firstSession(with(first.split(" "), version));
      assertThat(client(server, with(second.split(" "), version, "-sess_in", session)))
          .as("%s then %s, %s", first, second, version)
          .contains("\nNew, TLSv1.")
          .contains("HTTP/1.1 200 OK");
    }
  }

  @Test
  void suiteOfAnotherHashGetsAFullHandshake() throws Exception {
    String session = firstSession("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256");
    assertThat(
            client(
                server, "-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384", "-sess_in", session))
        .contains("\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384");
  }

  @Test
  void suiteOfTheSameHashIsResumed() throws Exception {
    String session = firstSession("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256");
    assertThat(
            client(
                server,
                "-tls1_3",
                "-ciphersuites",
                "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
                "-sess_in",
                session))
        .contains("\nReused, TLSv1.3, Cipher is TLS_CHACHA20_POLY1305_SHA256");
  }

  /// Each differs from the server that issued the ticket in one thing.
  @ParameterizedTest
  @CsvSource({
    // The same certificates under another name of keyring, and other certificates.
    "same, TLS_1_2, TLS_1_3, h2 http/1.1",
    "rsa, TLS_1_2, TLS_1_3, h2 http/1.1",
    // Other versions.
    "web, TLS_1_2, TLS_1_2, h2 http/1.1",
    "web, TLS_1_3, TLS_1_3, h2 http/1.1",
    // Other protocols.
    "web, TLS_1_2, TLS_1_3, h2",
    "web, TLS_1_2, TLS_1_3, http/1.1 h2"
  })
  void otherPolicyGetsAFullHandshake(String keyring, TlsVersion min, TlsVersion max, String alpn)
      throws Exception {
    try (TestServer other = server(keyring, min, max, List.of(alpn.split(" ")))) {
      for (String version : List.of("-tls1_2", "-tls1_3")) {
        boolean spoken =
            version.equals("-tls1_2") ? min == TlsVersion.TLS_1_2 : max == TlsVersion.TLS_1_3;
        if (spoken) {
          String[] options = {version, "-servername", "rsa.example", "-alpn", "h2"};
          String session = firstSession(options);
          assertThat(client(other, with(options, "-sess_in", session)))
              .contains("\nNew, TLSv1.")
              .contains("HTTP/1.1 200 OK");
        }
      }
    }
    // The same server twice, to show that it is not for another reason.
    try (TestServer twin = server("web", TlsVersion.TLS_1_2, TlsVersion.TLS_1_3, ALPN)) {
      String session = firstSession("-servername", "rsa.example", "-alpn", "h2");
      assertThat(client(twin, "-servername", "rsa.example", "-alpn", "h2", "-sess_in", session))
          .contains("\nReused, TLSv1.3");
    }
  }
}
