package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.SelfSignedCertificate;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `openssl` and `curl` over TCP, through the whole of agent and record layer.
@ExtendWith(LeakCheck.class)
class RealPeersTest {
  @TempDir private static Path folder;
  private static final Vertx VERTX = Vertx.vertx();
  private static final LocalKeyringStore STORE = new LocalKeyringStore();

  @SuppressWarnings("NullAway.Init")
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    TestFiles files = new TestFiles(folder);
    SelfSignedCertificate.writeIfMissing(files.path("self.pem"), files.path("self.key"));
    files.certificate("rsa", "rsa:2048", "DNS:rsa.example");
    STORE.put(files.keyring(STORE, "web", "self", "rsa"));
    AgentVerticle agent = new AgentVerticle(STORE, AgentOptions.defaults());
    VERTX.deployVerticle(agent).await();
    server =
        new TestServer(agent.service(), "web", TlsPolicy.DEFAULT.withAlpn(List.of("http/1.1")));
  }

  @AfterAll
  static void stop() {
    server.close();
    VERTX.close().await();
    STORE.close();
  }

  private record Result(int exit, String output) {}

  private static Result run(String input, String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    // A client that hangs fails its test, and does not hang it too.
    CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(process::destroyForcibly);
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
      in.flush();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output);
    }
  }

  private static HandshakeOutcome outcome() throws InterruptedException {
    HandshakeOutcome outcome = server.outcomes().poll(10, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    return Objects.requireNonNull(outcome);
  }

  @ParameterizedTest
  @CsvSource({"localhost", "127.0.0.1"})
  void curlTrustsTheSelfSignedCertificateItIsGiven(String host) throws Exception {
    Result result =
        run(
            "",
            "curl",
            "-sS",
            "--noproxy",
            "*",
            "--max-time",
            "10",
            "--cacert",
            folder.resolve("self.pem").toString(),
            "--connect-to",
            "localhost:" + server.port() + ":127.0.0.1:" + server.port(),
            "https://" + host + ":" + server.port() + "/");
    assertThat(result.output()).contains("TLS_AES_").contains("alpn=http/1.1");
    assertThat(result.exit()).isZero();
    assertThat(outcome().status()).isEqualTo(HandshakeStatus.OK);
  }

  @ParameterizedTest
  @CsvSource({
    "-tls1_3,-ciphersuites,TLS_AES_128_GCM_SHA256",
    "-tls1_3,-ciphersuites,TLS_AES_256_GCM_SHA384",
    "-tls1_3,-ciphersuites,TLS_CHACHA20_POLY1305_SHA256",
    "-tls1_2,-cipher,ECDHE-ECDSA-AES128-GCM-SHA256",
    "-tls1_2,-cipher,ECDHE-ECDSA-AES256-GCM-SHA384",
    "-tls1_2,-cipher,ECDHE-ECDSA-CHACHA20-POLY1305",
    "-tls1_2,-cipher,ECDHE-RSA-AES128-GCM-SHA256",
    "-tls1_2,-cipher,ECDHE-RSA-AES256-GCM-SHA384",
    "-tls1_2,-cipher,ECDHE-RSA-CHACHA20-POLY1305",
    "-tls1_3,-groups,P-256",
    "-tls1_3,-groups,P-384",
    "-tls1_3,-groups,P-521",
    "-tls1_3,-groups,X25519",
    "-tls1_3,-groups,X448:P-521",
    "-tls1_3,-groups,X448:P-384",
    "-tls1_2,-groups,P-256",
    "-tls1_2,-groups,P-384",
    "-tls1_2,-groups,P-521",
    "-tls1_2,-groups,X25519"
  })
  void opensslSpeaksEverySuiteAndGroup(String version, String option, String value)
      throws Exception {
    Result result = client(version, option, value);
    assertThat(result.output()).contains("HTTP/1.1 200 OK").contains("Session[version=TLSv1.");
    HandshakeOutcome.Established established = (HandshakeOutcome.Established) outcome();
    assertThat(result.output()).contains(established.session().cipherSuite());
  }

  /// `s_client` with a request in its standard input, and these options.
  private static Result client(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("openssl", "s_client", "-connect", "127.0.0.1:" + server.port(), "-ign_eof"));
    command.addAll(List.of(options));
    return run("GET / HTTP/1.1\r\n\r\n", command.toArray(String[]::new));
  }

  /// At once, in front of the client's own first choice, and after a HelloRetryRequest. Runs where
  /// Python has an OpenSSL that knows the group.
  @ParameterizedTest
  @CsvSource({"X25519MLKEM768", "*X25519:*X25519MLKEM768", "X448:X25519MLKEM768"})
  void anotherOpensslSpeaksTheHybridGroup(String groups) throws Exception {
    String script =
        Path.of(Objects.requireNonNull(getClass().getResource("/hybrid_client.py")).toURI())
            .toString();
    Assumptions.assumeTrue(hasHybridClient(script), "no OpenSSL 3.5 in Python");
    Result result = run("", "python3", script, Integer.toString(server.port()), groups);
    assertThat(result.output()).contains("HTTP/1.1 200 OK").contains("group=X25519MLKEM768");
    assertThat(result.exit()).isZero();
    assertThat(outcome().status()).isEqualTo(HandshakeStatus.OK);
  }

  private static boolean hasHybridClient(String script) throws Exception {
    try {
      return run("", "python3", script).exit() == 0;
    } catch (IOException _) {
      return false;
    }
  }

  @Test
  void opensslGetsTheCertificateItAsksFor() throws Exception {
    assertThat(client("-servername", "rsa.example").output()).contains("CN = rsa.example");
    outcome();
    assertThat(client("-servername", "localhost").output()).contains("CN = Sallyport quickstart");
    assertThat(((HandshakeOutcome.Established) outcome()).session().sni()).isEqualTo("localhost");
  }

  @Test
  void opensslThatDoesNotTrustTheCertificateSaysSo() throws Exception {
    Result result = client("-verify_return_error", "-CAfile", folder.resolve("rsa.pem").toString());
    assertThat(result.exit()).isNotZero();
    HandshakeOutcome.Failed failed = (HandshakeOutcome.Failed) outcome();
    assertThat(failed.status()).isEqualTo(HandshakeStatus.EACCES);
    assertThat(failed.detail()).matches("peer sent alert (48 unknown_ca|42 bad_certificate)");
  }

  @Test
  void opensslHearsWhyItIsRefused() throws Exception {
    assertThat(client("-alpn", "nothing-shared").output()).contains("no application protocol");
    assertThat(outcome().status()).isEqualTo(HandshakeStatus.EACCES);
    assertThat(client("-sigalgs", "ed25519").output()).contains("handshake failure");
    assertThat(outcome().status()).isEqualTo(HandshakeStatus.ENOKEY);
    assertThat(client("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA").output())
        .contains("handshake failure");
    assertThat(outcome().status()).isEqualTo(HandshakeStatus.EACCES);
  }

  /// Goal: wherever a client stops, the request ends. Method: its first flight, cut at every
  /// length, and the connection closed.
  @Test
  void everyTruncationOfTheFirstFlightTimesOut() throws Exception {
    byte[] hello = new JdkClient(_ -> {}).flight();
    for (int length = 0; length <= hello.length; length += 7) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        socket.getOutputStream().write(hello, 0, length);
        socket.shutdownOutput();
        socket.getInputStream().readAllBytes();
      }
      assertThat(outcome().status())
          .as("%d of %d bytes", length, hello.length)
          .isEqualTo(HandshakeStatus.ETIMEDOUT);
    }
  }

  /// The request follows Finished in the same write: it waits in the socket when `done` is called.
  @Test
  void dataRightBehindTheHandshakeIsNotLost() throws Exception {
    JdkClient client = new JdkClient(_ -> {});
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(client.flight());
      ByteArrayOutputStream last = new ByteArrayOutputStream();
      while (!client.isComplete()) {
        receive(client, socket);
        last.write(client.flight());
      }
      last.write(client.seal("GET / HTTP/1.1\r\n\r\n"));
      socket.getOutputStream().write(last.toByteArray());
      while (client.data().isEmpty()) {
        receive(client, socket);
      }
    }
    assertThat(client.data()).startsWith("HTTP/1.1 200 OK");
    assertThat(outcome().status()).isEqualTo(HandshakeStatus.OK);
  }

  /// Goal: handshakes do not disturb each other. Method: many clients at once, some of which leave
  /// in the middle; every request ends once, and nothing stays behind.
  @Test
  void manyHandshakesAtATimeAllEndOnce() throws Exception {
    int clients = 8;
    int rounds = 20;
    try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        boolean leaves = i % 4 == 0;
        running.add(
            threads.submit(() -> {
              for (int round = 0; round < rounds; round++) {
                connect(leaves);
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    int established = 0;
    for (int i = 0; i < clients * rounds; i++) {
      established += outcome().status() == HandshakeStatus.OK ? 1 : 0;
    }
    assertThat(established).isEqualTo(clients * rounds * 3 / 4);
    assertThat(server.outcomes()).isEmpty();
  }

  private static void connect(boolean leaves) throws IOException {
    JdkClient client = new JdkClient(_ -> {});
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      while (!client.isComplete() || client.data().isEmpty()) {
        socket.getOutputStream().write(client.flight());
        if (client.isComplete()) {
          socket.getOutputStream().write(client.seal("GET / HTTP/1.1\r\n\r\n"));
        } else if (leaves) {
          return;
        }
        receive(client, socket);
      }
    }
  }

  private static void receive(JdkClient client, Socket socket) throws IOException {
    byte[] buffer = new byte[1 << 14];
    int length = socket.getInputStream().read(buffer);
    assertThat(length).isPositive();
    client.receive(Arrays.copyOf(buffer, length));
  }
}
