package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.TlsStat;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.json.JsonObject;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The numbers a running member tells are those of what happened to it.
@ExtendWith(LeakCheck.class)
class StatIT {
  @TempDir Path folder;
  private TestServer server;
  private ProxyFixture proxy;
  private int adminPort;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.echo();
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      adminPort = free.getLocalPort();
    }
    proxy =
        new ProxyFixture(
            folder,
            "127.0.0.1:" + adminPort,
            """
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app, maxconn: 3}
            backends:
              - {name: app, servers: [{address: 127.0.0.1:%d}]}
            """
                .formatted(server.port()));
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close();
    server.close();
  }

  @Test
  void theKernelsCountersAreGivenInTheKernelsOrderAndFormat() throws Exception {
    List<String> lines = tlsStat();
    assertThat(lines)
        .hasSize(TlsStat.Counter.values().length)
        .allMatch(line -> line.matches("[A-Za-z]{1,32} *\t[0-9]+") && line.indexOf('\t') == 32);
    assertThat(lines.stream().map(line -> line.substring(0, 32).strip()))
        .containsExactlyElementsOf(
            Stream.of(TlsStat.Counter.values()).map(Object::toString).toList());
  }

  @Test
  void whatIsOpenAndWhatWasOpenedAreCounted() throws Exception {
    List<SSLSocket> clients = new ArrayList<>();
    TlsClient tls = new TlsClient(proxy.certificates.ca());
    for (int i = 1; i <= 3; i++) {
      SSLSocket client = tls.connect(proxy.port());
      client.getOutputStream().write(i);
      assertThat(client.getInputStream().read()).isEqualTo(i);
      clients.add(client);
      assertThat(counter("TlsCurrTxSw")).isEqualTo(i);
      assertThat(counter("TlsCurrRxSw")).isEqualTo(i);
    }
    for (SSLSocket client : clients) {
      client.close();
    }
    Eventually.holds(() -> counter("TlsCurrTxSw") == 0, () -> "sessions stay open");
    assertThat(counter("TlsCurrRxSw")).isZero();
    assertThat(counter("TlsTxSw")).isEqualTo(3);
    assertThat(counter("TlsRxSw")).isEqualTo(3);
    assertThat(counter("TlsDecryptError")).isZero();
  }

  @Test
  void beyondItsLimitTheListenerTakesNoMore() throws Exception {
    TlsClient tls = new TlsClient(proxy.certificates.ca());
    List<SSLSocket> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(tls.connect(proxy.port()));
    }
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> tls.connect(proxy.port())))
        .isInstanceOf(java.io.IOException.class);
    assertThat(get("/stats")).contains("\"limit\" : 1");
    clients.removeFirst().close();
    Eventually.holds(() -> counter("TlsCurrTxSw") == 2, () -> "a session stays open");
    clients.add(tls.connect(proxy.port()));
    for (SSLSocket client : clients) {
      client.close();
    }
  }

  @Test
  void handshakesOfBothLegsAreCountedApart() throws Exception {
    new TlsClient(proxy.certificates.ca()).connect(proxy.port()).close();
    JsonObject stats = new JsonObject(get("/stats"));
    JsonObject down = stats.getJsonObject("handshakes");
    assertThat(down.getLong("established")).isEqualTo(1);
    assertThat(down.getJsonObject("failed").getLong("certificate_missing")).isZero();
    JsonObject up = stats.getJsonObject("upstream_handshakes");
    assertThat(up.getLong("established")).isZero();
    assertThat(up.getJsonObject("failed").fieldNames())
        .isEqualTo(down.getJsonObject("failed").fieldNames());
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.test", "a..b", "", "1.2.3", "2130706433", "foo bar", "[::1"})
  void onlyLoopbackIsAnsweredOnTheAdminAddress(String host) throws Exception {
    assertThat(get("/healthz")).isEqualTo("ok\n");
    try (java.net.Socket lured = new java.net.Socket(InetAddress.getLoopbackAddress(), adminPort)) {
      lured
          .getOutputStream()
          .write(
              ("GET /stats HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(lured.getInputStream().readAllBytes()).asString().matches("(?s)HTTP/1.1 40[03].*");
    }
  }

  private List<String> tlsStat() {
    return get("/tls_stat").lines().toList();
  }

  private long counter(String name) {
    return tlsStat().stream()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(33)))
        .findFirst()
        .orElseThrow();
  }

  private String get(String path) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + adminPort + path).toURL().openConnection();
      try (var body = connection.getInputStream()) {
        return new String(body.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }
}
