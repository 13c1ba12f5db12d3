package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.sallyport.testing.Command;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Goal: a listener with nothing but a keyring in its `tls` is rated OK by those who rate them.
/// Method: `testssl`, each of its groups of tests that speaks of TLS.
class TestsslIT {
  /// Groups of tests; each has two minutes.
  private static final List<String> TESTS =
      List.of(
          "--protocols",
          "--std",
          "--pfs",
          "--server-preference",
          "--server-defaults",
          "--vulnerable");

  private static final Set<String> GOOD = Set.of("OK", "INFO");

  /// What it rates otherwise that is not the listener's doing.
  private static final Map<String, String> EXPLAINED =
      Map.of(
          "cert_revocation", "the certificate of this test names no CRL and no OCSP responder",
          "cert_notAfter", "the certificate of this test is a short one",
          "cert_expirationStatus", "the certificate of this test is a short one",
          "DNS_CAArecord", "localhost has no DNS zone",
          "engine_problem", "the openssl that tests has no GOST engine, which asks nothing of us",
          "sessionresumption_ticket",
              "it hangs up before tickets of TLS 1.3 arrive: openssl s_server gets the same");

  @TempDir static Path folder;
  private static HttpServer http;
  private static ProxyFixture proxy;

  @BeforeAll
  static void start() throws Exception {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    http.start();
    proxy =
        new ProxyFixture(
            folder,
            """
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}
            backends:
              - {name: app, servers: [{address: 127.0.0.1:%d}]}
            """
                .formatted(http.getAddress().getPort()));
  }

  @AfterAll
  static void stop() throws IOException {
    proxy.close();
    http.stop(0);
  }

  private static boolean isInstalled() {
    return Files.isExecutable(Path.of("/usr/bin/testssl"));
  }

  @Test
  void aDefaultListenerIsRatedOk() throws IOException {
    Assumptions.assumeTrue(isInstalled() || System.getenv("CI") != null, "no testssl here");
    for (String tests : TESTS) {
      Path report = folder.resolve(tests.substring(2) + ".json");
      Command.run(
          "testssl",
          tests,
          "--quiet",
          "--warnings=off",
          "--color=0",
          "--ip=127.0.0.1",
          "--add-ca=" + proxy.certificates.ca(),
          "--jsonfile=" + report,
          "localhost:" + proxy.port());
      assertThat(findings(report)).as(tests).isEmpty();
    }
  }

  /// What is rated worse than OK and not explained.
  private static List<String> findings(Path report) throws IOException {
    JsonArray all = new JsonArray(Files.readString(report));
    assertThat(all).as("findings of testssl").hasSizeGreaterThan(2);
    return all.stream()
        .map(JsonObject.class::cast)
        .filter(finding -> !GOOD.contains(finding.getString("severity")))
        .filter(finding -> !isExplained(finding.getString("id")))
        .map(JsonObject::encode)
        .collect(Collectors.toList());
  }

  /// With two certificates it writes which one behind the name.
  private static boolean isExplained(String id) {
    return EXPLAINED.containsKey(id.split(" ", 2)[0]);
  }
}
