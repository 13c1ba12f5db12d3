package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.sallyport.handshake.FailureReason;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: a listener lets in those whom its `tls` lets in, and nobody else: no byte of the others
/// reaches the server, and the log names the reason. Method: `curl` and `openssl` with certificates
/// of all kinds, and a server that counts its requests.
@ExtendWith(LeakCheck.class)
class ClientAuthIT {
  private static final String ANSWER = "let in";

  @TempDir static Path folder;
  private static final AtomicInteger REQUESTS = new AtomicInteger();
  private static final Map<String, Pair> CLIENTS = new HashMap<>();
  private static HttpServer http;
  private static ProxyFixture proxy;
  private static Path servers;

  private final LogLines log = new LogLines();

  @BeforeAll
  static void start() throws Exception {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          REQUESTS.incrementAndGet();
          byte[] answer = ANSWER.getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    http.start();
    TestCa ca = new TestCa(folder, "clients");
    CLIENTS.put("good", ca.client("good", "DNS:one.clients.test"));
    CLIENTS.put("workload", ca.client("workload", "URI:spiffe://clients.test/one"));
    CLIENTS.put("other", ca.client("other", "DNS:one.elsewhere.test"));
    CLIENTS.put("expired", ca.expiredClient("expired", "DNS:two.clients.test"));
    CLIENTS.put("revoked", ca.client("revoked", "DNS:three.clients.test"));
    CLIENTS.put("server", ca.server("server", "DNS:four.clients.test"));
    CLIENTS.put(
        "stranger", new TestCa(folder, "strangers").client("stranger", "DNS:one.clients.test"));
    Path revoked = ca.revoke(Objects.requireNonNull(CLIENTS.get("revoked")));
    TestCa serversCa = new TestCa(folder, "servers");
    servers = serversCa.certificate();
    Pair own = serversCa.server("own", "DNS:localhost,IP:127.0.0.1");
    proxy =
        new ProxyFixture(
            folder,
            """
              mutual:
                certificates: [{chain: %s, key: %s}]
                client-ca: %s
                client-crl: %s
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: mutual}, backend: app}
              - name: optional
                bind: 127.0.0.1:0
                tls: {keyring: mutual, client-auth: optional}
                backend: app
              - name: required
                bind: 127.0.0.1:0
                tls: {keyring: mutual, client-auth: required}
                backend: app
              - name: named
                bind: 127.0.0.1:0
                tls:
                  keyring: mutual
                  client-auth: required
                  client-names: ["*.clients.test", "spiffe://clients.test/one"]
                backend: app
              - name: named-optional
                bind: 127.0.0.1:0
                tls: {keyring: mutual, client-auth: optional, client-names: ["*.clients.test"]}
                backend: app
              - name: strict
                bind: 127.0.0.1:0
                tls: {keyring: mutual, strict-sni: true}
                backend: app
              - name: p384
                bind: 127.0.0.1:0
                tls: {keyring: mutual, groups: [secp384r1]}
                backend: app
            backends:
              - {name: app, servers: [{address: 127.0.0.1:%d}]}
            """
                .formatted(
                    own.chain(),
                    own.key(),
                    ca.certificate(),
                    revoked,
                    http.getAddress().getPort()));
  }

  @AfterAll
  static void stop() throws IOException {
    proxy.close();
    http.stop(0);
  }

  @BeforeEach
  void forget() {
    REQUESTS.set(0);
  }

  @AfterEach
  void stopListening() {
    log.close();
  }

  static Stream<Arguments> letIn() {
    return bothVersions(
        List.of("https", "none"),
        List.of("https", "good"),
        List.of("https", "stranger"),
        List.of("optional", "none"),
        List.of("optional", "good"),
        List.of("required", "good"),
        List.of("required", "other"),
        List.of("named", "good"),
        List.of("named", "workload"),
        List.of("named-optional", "none"));
  }

  @ParameterizedTest
  @MethodSource
  void letIn(String version, String listener, String client) {
    Command curl = curl(version, listener, client);
    assertThat(curl.exitCode()).as(curl.out()).isZero();
    assertThat(curl.out()).contains(ANSWER);
    assertThat(REQUESTS).hasValue(1);
  }

  static Stream<Arguments> refused() {
    return bothVersions(
        List.of("optional", "stranger", "certificate_unknown_ca"),
        List.of("optional", "expired", "certificate_expired"),
        List.of("optional", "revoked", "certificate_revoked"),
        List.of("required", "none", "certificate_missing"),
        List.of("required", "stranger", "certificate_unknown_ca"),
        List.of("required", "expired", "certificate_expired"),
        List.of("required", "revoked", "certificate_revoked"),
        List.of("required", "server", "certificate_wrong_usage"),
        List.of("named", "none", "certificate_missing"),
        List.of("named", "other", "certificate_not_allowed"),
        List.of("named-optional", "other", "certificate_not_allowed"));
  }

  @ParameterizedTest
  @MethodSource
  void refused(String version, String listener, String client, String reason) {
    FailureReason counted = FailureReason.valueOf(reason.toUpperCase(Locale.ROOT));
    long before = failed(counted);
    long closedBefore = proxy.connections().closed(CloseReason.HANDSHAKE);
    Command curl = curl(version, listener, client);
    assertThat(curl.exitCode()).as(curl.out()).isNotZero();
    // curl has words of its own for the alert certificate_expired.
    assertThat(curl.out()).containsAnyOf("alert", "certificate verification failed");
    proxy.awaitClosed(CloseReason.HANDSHAKE, closedBefore + 1);
    assertThat(failed(counted)).isEqualTo(before + 1);
    assertThat(REQUESTS).as("requests that reached the server").hasValue(0);
    log.awaitLine("(" + reason + " sni=localhost");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aStrictListenerKnowsItsNamesOnly(String version) {
    assertThat(s_client("strict", version, "-servername", "localhost").out())
        .contains("Verification: OK");
    assertThat(s_client("strict", version, "-servername", "unknown.test").out())
        .contains("alert number 112");
    log.awaitLine("(unknown_server_name sni=unknown.test");
    assertThat(s_client("https", version, "-servername", "unknown.test").out())
        .contains("Verification: OK");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void onlyTheGroupsOfTheListenerAreAgreedOn(String version) {
    assertThat(s_client("p384", version, "-groups", "P-256:P-384").out())
        .contains("Verification: OK")
        .contains("Server Temp Key: ECDH, secp384r1");
    assertThat(s_client("p384", version, "-groups", "X25519:P-256").out())
        .contains("alert number 40");
    log.awaitLine("(no_shared_group ");
  }

  private static Stream<Arguments> bothVersions(List<?>... cases) {
    List<Arguments> all = new ArrayList<>();
    for (String version : List.of("1.2", "1.3")) {
      for (List<?> one : cases) {
        List<Object> arguments = new ArrayList<>(List.of(version));
        arguments.addAll(one);
        all.add(Arguments.of(arguments.toArray()));
      }
    }
    return all.stream();
  }

  private static long failed(FailureReason reason) {
    return ProxyFixture.await(proxy.member.statistics()).loops().handshakes().failed(reason);
  }

  private static Command curl(String version, String listener, String client) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "curl",
                "-sS",
                "--tlsv" + version,
                "--tls-max",
                version,
                "--cacert",
                servers.toString()));
    @Nullable Pair pair = CLIENTS.get(client);
    if (pair != null) {
      words.addAll(List.of("--cert", pair.chain().toString(), "--key", pair.key().toString()));
    }
    words.add("https://localhost:" + proxy.port(listener) + "/");
    return Command.run(words.toArray(String[]::new));
  }

  private static Command s_client(String listener, String... options) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + proxy.port(listener),
                "-CAfile",
                servers.toString()));
    words.addAll(List.of(options));
    return Command.run(words.toArray(String[]::new));
  }
}
