package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.KeyUpdateStat;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: with servers that speak TLS everything is as with those that do not: every byte arrives in
/// order, both ways, and an end of one side is an end on the other; and a server that is not the
/// right one gets nothing. Method: servers that people use, and the JDK's, behind a member whose
/// clients speak TLS, too.
@ExtendWith(LeakCheck.class)
class UpstreamTlsIT {
  private static final int MIB = 1 << 20;
  private static final String NAMES = "DNS:app.test,IP:127.0.0.1";

  @TempDir static Path shared;
  private static TestCa ca;
  private static TestCa clientCa;
  private static Pair good;
  private static Pair edge;

  @TempDir Path folder;
  private final LogLines log = new LogLines();

  @BeforeAll
  static void makeCertificates() {
    ca = new TestCa(shared, "servers");
    clientCa = new TestCa(shared, "edges");
    good = ca.server("good", NAMES);
    edge = clientCa.client("edge", "DNS:edge.test");
  }

  @AfterEach
  void stopListening() {
    log.close();
  }

  // Servers that people use.

  @ParameterizedTest
  @CsvSource({"-tls1_2, TLSv1.2", "-tls1_3, TLSv1.3"})
  void opensslIsReached(String version, String name) throws Exception {
    try (Program server = opensslServer(good, "-www", version);
        ProxyFixture proxy = inFrontOf(server.port, "server-name: app.test")) {
      assertThat(get(proxy)).contains("HTTP/1.0 200 ok").contains("Protocol  : " + name);
      assertThat(upstreamEstablished(proxy)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-ciphersuites, TLS_AES_128_GCM_SHA256",
    "-ciphersuites, TLS_AES_256_GCM_SHA384",
    "-ciphersuites, TLS_CHACHA20_POLY1305_SHA256",
    "-cipher, ECDHE-ECDSA-AES128-GCM-SHA256",
    "-cipher, ECDHE-ECDSA-AES256-GCM-SHA384",
    "-cipher, ECDHE-ECDSA-CHACHA20-POLY1305",
  })
  void everySuiteIsSpoken(String option, String suite) throws Exception {
    String version = option.equals("-cipher") ? "-tls1_2" : "-tls1_3";
    try (Program server = opensslServer(good, "-www", version, option, suite);
        ProxyFixture proxy = inFrontOf(server.port, "server-name: app.test")) {
      assertThat(get(proxy)).contains("Cipher    : " + suite);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aServerWithAnRsaKeyIsVerified(String version) throws Exception {
    Certificates rsa = new Certificates(Files.createDirectory(folder.resolve("own")));
    try (Program server =
            opensslServer(rsa.issue("rsa", KeyKind.RSA, "app.test"), "-www", version);
        ProxyFixture proxy = with("server-ca: " + rsa.ca(), "server-name: app.test", server.port)) {
      assertThat(get(proxy)).contains("HTTP/1.0 200 ok");
    }
  }

  /// The proxy sends no share for these at first: the server asks for one.
  @ParameterizedTest
  @ValueSource(strings = {"P-256", "P-384", "P-521"})
  void aServerMayAskForAnotherGroup(String group) throws Exception {
    try (Program server = opensslServer(good, "-www", "-tls1_3", "-groups", group);
        ProxyFixture proxy = inFrontOf(server.port, "server-name: app.test")) {
      assertThat(get(proxy)).contains("HTTP/1.0 200 ok");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void nginxIsReached(String version) throws Exception {
    assumeInstalled("nginx");
    int port = freePort();
    Files.createDirectories(folder.resolve("logs"));
    Path config =
        Files.writeString(
            folder.resolve("nginx.conf"),
            """
            daemon off; master_process off; pid nginx.pid; error_log stderr notice;
            events {}
            http {
              access_log off;
              client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f;
              uwsgi_temp_path u; scgi_temp_path s;
              server {
                listen 127.0.0.1:%d ssl;
                ssl_certificate %s; ssl_certificate_key %s; ssl_protocols %s;
                location / { return 200 "nginx $ssl_protocol $ssl_server_name"; }
              }
            }
            """
                .formatted(port, good.chain(), good.key(), version));
    try (Program _ =
            new Program(
                "start worker process|using the|getrlimit",
                port,
                "nginx",
                "-p",
                folder.toString(),
                "-c",
                config.toString());
        ProxyFixture proxy = inFrontOf(port, "server-name: app.test")) {
      assertThat(get(proxy)).endsWith("nginx " + version + " app.test");
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void nodeIsReached(String version) throws Exception {
    assumeInstalled("node");
    String script =
        """
        const fs = require('fs');
        require('https').createServer({
            cert: fs.readFileSync('%s'), key: fs.readFileSync('%s'),
            minVersion: '%s', maxVersion: '%s'},
            (q, a) => a.end('node ' + q.socket.getProtocol() + ' ' + q.socket.servername))
          .listen(0, '127.0.0.1', function() { console.log('ACCEPT :' + this.address().port); });
        """
            .formatted(good.chain(), good.key(), version, version);
    try (Program server = new Program("ACCEPT", 0, "node", "-e", script);
        ProxyFixture proxy = inFrontOf(server.port, "server-name: app.test")) {
      assertThat(get(proxy)).contains("node " + version + " app.test");
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
    }
  }

  @Test
  void aConversationGoesOnOverKeyUpdatesOfTheServer() throws Exception {
    try (Program server = opensslServer(good, "-tls1_3");
        ProxyFixture proxy = inFrontOf(server.port, "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
      client.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
      server.awaitLine("hello");
      for (int i = 1; i <= 3; i++) {
        // s_server takes a line with only a K for an update that asks for another.
        server.say("K");
        awaitKeyUpdates(proxy, KeyUpdateStat.Counter.TAKEN, i);
        server.say("line" + i);
        assertThat(in.readLine()).isEqualTo("line" + i);
        client.getOutputStream().write(("answer" + i + "\n").getBytes(StandardCharsets.US_ASCII));
        server.awaitLine("answer" + i);
      }
      awaitKeyUpdates(proxy, KeyUpdateStat.Counter.ANSWERS, 3);
    }
  }

  private static void awaitKeyUpdates(
      ProxyFixture proxy, KeyUpdateStat.Counter counter, long count) {
    Eventually.holds(
        () ->
            ProxyFixture.await(proxy.member.statistics()).loops().keyUpdates().value(counter)
                == count,
        () -> "expected " + counter + " " + count);
  }

  // Whom the proxy takes for its server.

  @Test
  void anAddressIsVerifiedAsAnAddress() throws Exception {
    try (Program server = opensslServer(good, "-www");
        ProxyFixture proxy = inFrontOf(server.port, "verify: required")) {
      assertThat(get(proxy)).contains("HTTP/1.0 200 ok");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "wrong.test, good, servers, certificate_wrong_host",
    "127.0.0.2, good, servers, certificate_wrong_host",
    "app.test, good, edges, certificate_unknown_ca",
    "app.test, expired, servers, certificate_expired",
    "app.test, client, servers, certificate_wrong_usage",
    "app.test, revoked, servers, certificate_revoked",
  })
  void aServerThatIsNotTheRightOneGetsNothing(
      String name, String certificate, String trust, String reason) throws Exception {
    Pair shown =
        switch (certificate) {
          case "expired" -> ca.expiredServer("expired", NAMES);
          case "client" -> ca.client("client", NAMES);
          case "revoked" -> ca.server("revoked", NAMES);
          default -> good;
        };
    TestCa trusted = trust.equals("servers") ? ca : clientCa;
    String crl = certificate.equals("revoked") ? "server-crl: " + ca.revoke(shown) : "";
    CompletableFuture<Integer> firstByte = new CompletableFuture<>();
    TlsPeer peer = new TlsPeer(shown, clientCa.certificate());
    try (TestServer server =
            new TestServer(socket -> {
              try (SSLSocket tls = peer.over(socket, "TLSv1.3", "TLSv1.2")) {
                firstByte.complete(tls.getInputStream().read());
              } catch (IOException e) {
                firstByte.completeExceptionally(e);
              }
            });
        ProxyFixture proxy =
            with(
                "server-ca: " + trusted.certificate() + (crl.isEmpty() ? "" : ", " + crl),
                "server-name: " + name,
                server.port());
        SSLSocket client = connect(proxy)) {
      client.getOutputStream().write(1);
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
      assertThat(firstByte).failsWithin(20, TimeUnit.SECONDS);
      log.awaitLine(
          "no server reachable: backend app: server 127.0.0.1:"
              + server.port()
              + " cannot be reached: handshake failed: ");
      // An address is verified, but no server is asked for it by name.
      log.awaitLine("(" + reason + (name.startsWith("127.") ? "" : " sni=" + name) + " cert=");
      assertThat(upstreamFailed(proxy, reason)).isEqualTo(1);
      assertThat(upstreamEstablished(proxy)).isZero();
    }
  }

  /// Whoever has no key to a certificate is not believed to be its owner, verified or not.
  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, required",
    "TLSv1.3, required",
    "TLSv1.2, none",
    "TLSv1.3, none",
  })
  void aServerThatSignsWithAnotherKeyIsRefused(String version, String verify) throws Exception {
    Pair another = ca.server("another", "DNS:another.test");
    TlsPeer peer = new TlsPeer(good, another, clientCa.certificate());
    try (TestServer server = new TestServer(socket -> echo(peer.over(socket, version)));
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test, verify: " + verify);
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      log.awaitLine("(bad_handshake_signature sni=app.test");
      assertThat(upstreamEstablished(proxy)).isZero();
    }
  }

  @Test
  void withoutVerificationWhoeverAnswersIsBelieved() throws Exception {
    Pair expired = clientCa.expiredServer("anyone", "DNS:elsewhere.test");
    try (Program server = opensslServer(expired, "-www");
        ProxyFixture proxy =
            with("client-ca: " + clientCa.certificate(), "verify: none", server.port)) {
      assertThat(get(proxy)).contains("HTTP/1.0 200 ok");
    }
  }

  @Test
  void theNextServerIsTriedWhenAHandshakeFails() throws Exception {
    TlsPeer stranger = new TlsPeer(clientCa.server("stranger", NAMES), clientCa.certificate());
    TlsPeer right = new TlsPeer(good, clientCa.certificate());
    try (TestServer first = new TestServer(socket -> echo(stranger.over(socket, "TLSv1.3")));
        TestServer second = new TestServer(socket -> echo(right.over(socket, "TLSv1.3")));
        ProxyFixture proxy =
            with(
                "server-ca: " + ca.certificate(),
                "server-name: app.test",
                first.port(),
                second.port())) {
      for (int i = 1; i <= 4; i++) {
        try (SSLSocket client = connect(proxy)) {
          client.getOutputStream().write(i);
          assertThat(client.getInputStream().read()).isEqualTo(i);
        }
      }
      assertThat(upstreamEstablished(proxy)).isEqualTo(4);
      assertThat(upstreamFailed(proxy, "certificate_unknown_ca")).isBetween(2L, 4L);
      assertThat(proxy.connections().closed(CloseReason.NO_SERVER)).isZero();
    }
  }

  // Whom the server takes for its client.

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void theCertificateOfTheKeyringIsShownToAServerThatAsks(String version) throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, version);
              tls.setNeedClientAuth(true);
              tls.startHandshake();
              tls.getOutputStream()
                  .write(
                      tls.getSession()
                          .getPeerPrincipal()
                          .getName()
                          .getBytes(StandardCharsets.US_ASCII));
              tls.shutdownOutput();
              tls.getInputStream().readAllBytes();
            });
        ProxyFixture proxy =
            with(
                "server-ca: %s, certificates: [{chain: %s, key: %s}]"
                    .formatted(ca.certificate(), edge.chain(), edge.key()),
                "server-name: app.test",
                server.port());
        SSLSocket client = connect(proxy)) {
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("CN=edge");
    }
  }

  /// In TLS 1.3 the refusal comes behind the handshake.
  @Test
  void aServerThatWantsACertificateAndGetsNoneIsNamed() throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, "TLSv1.3");
              tls.setNeedClientAuth(true);
              tls.startHandshake();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.UPSTREAM_ALERTED, 1);
      log.awaitLine("alert from the server: server 127.0.0.1:" + server.port() + ": alert 116");
    }
  }

  // Data.

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void sixtyFourMegabytesGoUpAndComeBackUnharmed(String version) throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    CompletableFuture<String> seenByServer = new CompletableFuture<>();
    byte[] block = new byte[MIB];
    new Random(11).nextBytes(block);
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, version);
              MessageDigest hash = MessageDigest.getInstance("SHA-256");
              InputStream in = new DigestInputStream(tls.getInputStream(), hash);
              byte[] part = new byte[1 << 16];
              for (long left = 64L * MIB; left > 0; ) {
                int length = in.read(part);
                tls.getOutputStream().write(part, 0, length);
                left -= length;
              }
              seenByServer.complete(HexFormat.of().formatHex(hash.digest()));
              tls.shutdownOutput();
              tls.getInputStream().readAllBytes();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < 64; i++) {
                    client.getOutputStream().write(block);
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      InputStream in = new DigestInputStream(client.getInputStream(), hash);
      assertThat(in.transferTo(OutputStream.nullOutputStream())).isEqualTo(64L * MIB);
      writer.join();
      String expected = hashOfBlocks(block, 64);
      assertThat(HexFormat.of().formatHex(hash.digest())).isEqualTo(expected);
      assertThat(seenByServer).isCompletedWithValue(expected);
    }
  }

  @Test
  void twoHundredConnectionsOfAllSizesGetTheirOwnBytesBack() throws Exception {
    int[] sizes = {1, 16383, 16384, 16385, MIB};
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server = new TestServer(socket -> echo(peer.over(socket, "TLSv1.3")));
        ProxyFixture proxy = patient("server-name: app.test", server.port());
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      TlsClient tls = new TlsClient(proxy.certificates.ca());
      List<Future<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        byte[] data = new byte[sizes[i % sizes.length]];
        new Random(i).nextBytes(data);
        answers.add(clients.submit(() -> exchange(tls.connect(proxy.port()), data)));
      }
      for (int i = 0; i < 200; i++) {
        byte[] expected = new byte[sizes[i % sizes.length]];
        new Random(i).nextBytes(expected);
        assertThat(answers.get(i).get(100, TimeUnit.SECONDS)).isEqualTo(expected);
      }
      proxy.awaitClosed(CloseReason.COMPLETE, 200);
      assertThat(proxy.connections().open()).isZero();
      assertThat(upstreamEstablished(proxy)).isEqualTo(200);
    }
  }

  /// The refusal is a warning; the JDK's server takes it for the end.
  @Test
  void aServerThatInsistsOnRenegotiationIsRefusedAndNamed() throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    CompletableFuture<String> seenByServer = new CompletableFuture<>();
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, "TLSv1.2");
              tls.getOutputStream().write(1);
              tls.startHandshake();
              seenByServer.complete(alertSeenBy(tls));
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(client.getInputStream().read()).isEqualTo(1);
      assertThat(seenByServer.get(20, TimeUnit.SECONDS)).contains("no_renegotiation");
      assertThat(alertSeenBy(client)).contains("internal_error");
      log.awaitLine("alert from the server: server 127.0.0.1:" + server.port() + ": alert 40");
    }
  }

  // Ends.

  @Test
  void aClientThatHalfClosesStillGetsItsAnswer() throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, "TLSv1.3");
              byte[] question = tls.getInputStream().readAllBytes();
              tls.getOutputStream().write(question);
              tls.getOutputStream().write(", answered".getBytes(StandardCharsets.US_ASCII));
              tls.shutdownOutput();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      client.getOutputStream().write("question".getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("question, answered");
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
    }
  }

  @Test
  void aServerThatHalfClosesIsStillSentTheRest() throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    CompletableFuture<byte[]> rest = new CompletableFuture<>();
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, "TLSv1.3");
              tls.getOutputStream().write(7);
              tls.shutdownOutput();
              rest.complete(tls.getInputStream().readAllBytes());
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(client.getInputStream().readAllBytes()).containsExactly(7);
      client.getOutputStream().write(new byte[100_000]);
      client.shutdownOutput();
      assertThat(rest.get(20, TimeUnit.SECONDS)).hasSize(100_000);
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
    }
  }

  /// RFC 5246 §7.2.1: in TLS 1.2 a close_notify ends both directions.
  @Test
  void aServerOfTls12EndsWithTheClient() throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server = new TestServer(socket -> echo(peer.over(socket, "TLSv1.2")));
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test")) {
      try (SSLSocket client = connect(proxy)) {
        client.getOutputStream().write(3);
        assertThat(client.getInputStream().read()).isEqualTo(3);
        client.shutdownOutput();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
      }
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void anEndWithoutCloseNotifyIsNoEnd(String version) throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, version);
              tls.getOutputStream().write("half an ans".getBytes(StandardCharsets.US_ASCII));
              socket.shutdownOutput();
              socket.getInputStream().readAllBytes();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(client.getInputStream().readNBytes(11)).asString().isEqualTo("half an ans");
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.UPSTREAM_TRUNCATED, 1);
      log.awaitLine("truncated by the server: server 127.0.0.1:" + server.port());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientThatBreaksOffIsNoEndForTheServer(String version) throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    CompletableFuture<Integer> end = new CompletableFuture<>();
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, version);
              assertThat(tls.getInputStream().read()).isEqualTo(5);
              tls.getOutputStream().write(6);
              try {
                end.complete(tls.getInputStream().read());
              } catch (IOException e) {
                end.completeExceptionally(e);
              }
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        MiddleMan man = new MiddleMan(proxy.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(man.port())) {
      client.getOutputStream().write(5);
      assertThat(client.getInputStream().read()).isEqualTo(6);
      man.cut();
      proxy.awaitClosed(CloseReason.TRUNCATED, 1);
      assertThat(end).failsWithin(20, TimeUnit.SECONDS);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aRecordThatDoesNotDecryptIsRefusedAndTheServerIsToldSo(String version) throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    CompletableFuture<String> seenByServer = new CompletableFuture<>();
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, version);
              tls.startHandshake();
              byte[] record = new byte[5 + 64];
              record[0] = 23;
              record[1] = 3;
              record[2] = 3;
              record[4] = 64;
              socket.getOutputStream().write(record);
              seenByServer.complete(alertSeenBy(tls));
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.UPSTREAM_BAD_RECORD, 1);
      assertThat(seenByServer.get(20, TimeUnit.SECONDS)).contains("bad_record_mac");
    }
  }

  // Handshakes that come to nothing.

  @Test
  void aServerThatNeverAnswersIsNotWaitedFor() throws Exception {
    try (TestServer server = new TestServer(socket -> socket.getInputStream().readAllBytes());
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
      log.awaitLine("handshake failed: not finished within ");
      assertThat(upstreamFailed(proxy, "timeout_before_hello")).isEqualTo(1);
    }
  }

  @Test
  void aServerThatLeavesInMidHandshakeIsNamed() throws Exception {
    try (TestServer server =
            new TestServer(socket -> {
              socket.getInputStream().read(new byte[10_000]);
              socket.getOutputStream().write(HexFormat.of().parseHex("160303007a020000760303"));
              socket.shutdownOutput();
              socket.getInputStream().readAllBytes();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
      log.awaitLine(
          "handshake failed: peer closed the connection in mid-handshake (peer_closed sni=app.test");
      assertThat(upstreamFailed(proxy, "peer_closed")).isEqualTo(1);
    }
  }

  @Test
  void aServerThatResetsInMidHandshakeIsNamed() throws Exception {
    try (TestServer server =
            new TestServer(socket -> {
              socket.getInputStream().read();
              socket.setSoLinger(true, 0);
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
      assertThat(upstreamFailed(proxy, "connection_lost") + upstreamFailed(proxy, "peer_closed"))
          .isEqualTo(1);
    }
  }

  @Test
  void aServerThatSpeaksNoTlsIsNamed() throws Exception {
    try (TestServer server =
            new TestServer(socket -> {
              socket.getInputStream().read();
              socket
                  .getOutputStream()
                  .write("HTTP/1.1 400 Bad Request\r\n".getBytes(StandardCharsets.US_ASCII));
              socket.shutdownOutput();
              socket.getInputStream().readAllBytes();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
      log.awaitLine("handshake failed: not a TLS record (not_tls sni=app.test");
    }
  }

  @Test
  void aVersionThatTheServerLacksIsNamed() throws Exception {
    try (Program server = opensslServer(good, "-www", "-tls1_2");
        ProxyFixture proxy = inFrontOf(server.port, "server-name: app.test, min-version: \"1.3\"");
        SSLSocket client = connect(proxy)) {
      assertThat(alertSeenBy(client)).contains("internal_error");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
      log.awaitLine("handshake failed: peer sent alert 70 protocol_version (peer_alert sni=");
    }
  }

  @Test
  void aHandshakeThatIsUnderWayDoesNotHoldUpADrain() throws Exception {
    CompletableFuture<Void> helloCame = new CompletableFuture<>();
    CompletableFuture<Void> left = new CompletableFuture<>();
    try (TestServer server =
            new TestServer(socket -> {
              socket.getInputStream().read();
              helloCame.complete(null);
              try {
                socket.getInputStream().readAllBytes();
              } finally {
                left.complete(null);
              }
            });
        ProxyFixture proxy = patient("server-name: app.test", server.port());
        SSLSocket client = connect(proxy)) {
      helloCame.get(20, TimeUnit.SECONDS);
      ProxyFixture.await(proxy.drain());
      left.get(20, TimeUnit.SECONDS);
      log.awaitLine("closed by drain");
      assertThat(client.isClosed()).isFalse();
    }
  }

  // What is offered.

  @Test
  void versionsAndGroupsAreThoseOfTheBackend() throws Exception {
    try (Program server = opensslServer(good, "-www");
        ProxyFixture proxy =
            inFrontOf(
                server.port,
                "server-name: app.test, max-version: \"1.2\", groups: [secp384r1, secp256r1]")) {
      assertThat(get(proxy))
          .contains("Protocol  : TLSv1.2")
          .contains("Supported groups: secp384r1:secp256r1");
    }
  }

  @Test
  void theProtocolsOfTheBackendAreOffered() throws Exception {
    TlsPeer peer = new TlsPeer(good, clientCa.certificate());
    try (TestServer server =
            new TestServer(socket -> {
              SSLSocket tls = peer.over(socket, "TLSv1.3");
              SSLParameters parameters = tls.getSSLParameters();
              parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
              tls.setSSLParameters(parameters);
              tls.startHandshake();
              tls.getOutputStream()
                  .write(tls.getApplicationProtocol().getBytes(StandardCharsets.US_ASCII));
              tls.shutdownOutput();
              tls.getInputStream().readAllBytes();
            });
        ProxyFixture proxy = inFrontOf(server.port(), "server-name: app.test, alpn: [http/1.1]");
        SSLSocket client = connect(proxy)) {
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("http/1.1");
    }
  }

  // Fixtures.

  /// A member that trusts the servers' CA, in front of one server.
  private ProxyFixture inFrontOf(int port, String tls) throws Exception {
    return with("server-ca: " + ca.certificate(), tls, port);
  }

  private ProxyFixture with(String keyring, String tls, int... ports) throws Exception {
    return new ProxyFixture(folder, config(keyring, tls, "{connect: 3s}", ports));
  }

  /// A member that waits for its server as long as it takes.
  private ProxyFixture patient(String tls, int port) throws Exception {
    return new ProxyFixture(
        folder, config("server-ca: " + ca.certificate(), tls, "{connect: 10m}", port));
  }

  private static String config(String keyring, String tls, String timeout, int... ports) {
    List<String> servers = new ArrayList<>();
    for (int port : ports) {
      servers.add("{address: 127.0.0.1:" + port + "}");
    }
    return """
      inside: {%s}
    listeners:
      - name: https
        bind: 127.0.0.1:0
        tls: {keyring: web}
        timeout: {client-hs: 10s, client: 1m, client-fin: 20s}
        backend: app
    backends:
      - name: app
        servers: %s
        tls: {keyring: inside, %s}
        timeout: %s
    """
        .formatted(keyring, servers, tls, timeout);
  }

  private static SSLSocket connect(ProxyFixture proxy) throws Exception {
    return new TlsClient(proxy.certificates.ca()).connect(proxy.port());
  }

  private static String get(ProxyFixture proxy) throws Exception {
    try (SSLSocket client = connect(proxy)) {
      client
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private static void echo(SSLSocket tls) throws IOException {
    tls.getInputStream().transferTo(tls.getOutputStream());
    tls.shutdownOutput();
  }

  private static byte[] exchange(SSLSocket client, byte[] data) throws Exception {
    try (client) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  client.getOutputStream().write(data);
                  client.shutdownOutput();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      byte[] answer = client.getInputStream().readAllBytes();
      writer.join();
      return answer;
    }
  }

  /// What breaks the session of `client`, in its own words; empty when it ends cleanly.
  private static String alertSeenBy(SSLSocket client) {
    try {
      client.getInputStream().readAllBytes();
      return "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static long upstreamEstablished(ProxyFixture proxy) {
    return ProxyFixture.await(proxy.member.statistics()).loops().upstreamHandshakes().established();
  }

  private static long upstreamFailed(ProxyFixture proxy, String reason) {
    for (FailureReason known : FailureReason.values()) {
      if (known.toString().equals(reason)) {
        return ProxyFixture.await(proxy.member.statistics())
            .loops()
            .upstreamHandshakes()
            .failed(known);
      }
    }
    throw new AssertionError("no reason " + reason);
  }

  private static String hashOfBlocks(byte[] block, int count) throws Exception {
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < count; i++) {
      hash.update(block);
    }
    return HexFormat.of().formatHex(hash.digest());
  }

  private static void assumeInstalled(String program) {
    Command found = Command.run("sh", "-c", "command -v " + program);
    Assumptions.assumeTrue(found.exitCode() == 0, program + " is not installed");
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static Program opensslServer(Pair certificate, String... options) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "openssl",
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-cert",
                certificate.chain().toString(),
                "-key",
                certificate.key().toString()));
    words.addAll(List.of(options));
    return new Program("ACCEPT", 0, words.toArray(String[]::new));
  }

  /// Another program that serves, until it is closed.
  private static final class Program implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;
    final int port;

    /// @param ready a pattern of the line with which it says that it serves
    /// @param port 0 when that line ends with it
    Program(String ready, int port, String... words) throws IOException {
      process = new ProcessBuilder(words).redirectErrorStream(true).start();
      out = process.inputReader(StandardCharsets.US_ASCII);
      String line = awaitLine(ready);
      this.port =
          port == 0 ? Integer.parseInt(line.substring(line.lastIndexOf(':') + 1).strip()) : port;
    }

    void say(String line) throws IOException {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().flush();
    }

    String awaitLine(String pattern) throws IOException {
      StringBuilder seen = new StringBuilder();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.matches(".*(" + pattern + ").*")) {
          return line;
        }
        seen.append(line).append('\n');
      }
      throw new AssertionError("it ended without " + pattern + ": " + seen);
    }

    @Override
    public void close() throws IOException {
      process.destroy();
      process.onExit().join();
      out.close();
    }
  }
}
