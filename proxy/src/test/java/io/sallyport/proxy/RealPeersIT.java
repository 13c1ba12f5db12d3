package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: clients that people use get their answer, over each version, suite, group and kind of
/// certificate. Method: the `openssl` and `curl` commands and the JDK's client against a member
/// with an HTTP server behind it.
@ExtendWith(LeakCheck.class)
class RealPeersIT {
  private static final String ANSWER = "hello from the backend";

  @TempDir static Path folder;
  private static HttpServer http;
  private static ProxyFixture proxy;

  @BeforeAll
  static void start() throws Exception {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          byte[] answer = ANSWER.getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    http.start();
    proxy =
        new ProxyFixture(
            folder,
            """
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: web, alpn: [h2, http/1.1]}, backend: app}
              - {name: rsa-only, bind: 127.0.0.1:0, tls: {keyring: rsa}, backend: app}
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

  static Stream<Arguments> suites() {
    return Stream.of(
        Arguments.of("-tls1_3", "TLS_AES_128_GCM_SHA256", "ECDSA"),
        Arguments.of("-tls1_3", "TLS_AES_256_GCM_SHA384", "ECDSA"),
        Arguments.of("-tls1_3", "TLS_CHACHA20_POLY1305_SHA256", "ECDSA"),
        Arguments.of("-tls1_3", "TLS_AES_128_GCM_SHA256", "RSA-PSS"),
        Arguments.of("-tls1_3", "TLS_AES_256_GCM_SHA384", "RSA-PSS"),
        Arguments.of("-tls1_3", "TLS_CHACHA20_POLY1305_SHA256", "RSA-PSS"),
        Arguments.of("-tls1_2", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA"),
        Arguments.of("-tls1_2", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDSA"),
        Arguments.of("-tls1_2", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDSA"),
        Arguments.of("-tls1_2", "ECDHE-RSA-AES128-GCM-SHA256", "RSA"),
        Arguments.of("-tls1_2", "ECDHE-RSA-AES256-GCM-SHA384", "RSA"),
        Arguments.of("-tls1_2", "ECDHE-RSA-CHACHA20-POLY1305", "RSA"));
  }

  @ParameterizedTest
  @MethodSource("suites")
  void opensslGetsItsAnswer(String version, String suite, String certificate) {
    String suiteOption = version.equals("-tls1_3") ? "-ciphersuites" : "-cipher";
    String sigalgs = certificate.equals("ECDSA") ? "ECDSA+SHA256" : "RSA-PSS+SHA256:RSA+SHA256";
    Command client =
        s_client(version, suiteOption, suite, "-sigalgs", sigalgs, "-servername", "localhost");
    assertThat(client.out())
        .contains(ANSWER)
        .contains("Verification: OK")
        .contains("Cipher is " + suite)
        .contains(
            certificate.equals("ECDSA")
                ? "Server public key is 256 bit"
                : "Server public key is 2048 bit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"X25519", "P-256", "P-384"})
  void everyGroupIsServed(String group) {
    assertThat(s_client("-tls1_3", "-groups", group).out()).contains(ANSWER);
    assertThat(s_client("-tls1_2", "-groups", group).out()).contains(ANSWER);
  }

  @Test
  void aGroupThatWasNotGuessedCostsOneMoreRoundTripOnly() {
    // OpenSSL sends a share for its first group only; the server must ask for another one.
    assertThat(s_client("-tls1_3", "-groups", "P-521:X25519").out()).contains(ANSWER);
  }

  @ParameterizedTest
  @MethodSource("suites")
  void curlGetsItsAnswer(String version, String suite, String certificate) {
    boolean tls13 = version.equals("-tls1_3");
    String number = tls13 ? "1.3" : "1.2";
    // curl cannot choose signature algorithms, so the listener decides which certificate there is.
    int port = certificate.equals("ECDSA") ? proxy.port() : proxy.port("rsa-only");
    Command curl =
        Command.run(
            "curl",
            "-sS",
            "-v",
            "--http1.1",
            "--tlsv" + number,
            "--tls-max",
            number,
            tls13 ? "--tls13-ciphers" : "--ciphers",
            suite,
            "--cacert",
            proxy.certificates.ca().toString(),
            "-w",
            "%{http_code} %{ssl_verify_result}",
            "https://localhost:" + port + "/");
    assertThat(curl.exitCode()).as(curl.out()).isZero();
    assertThat(curl.out())
        .contains(ANSWER)
        .contains("200 0")
        .contains("SSL connection using TLSv" + number + " / " + suite);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void theJdksClientGetsItsAnswer(String version) throws Exception {
    try (SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port(), version)) {
      assertThat(client.getSession().getProtocol()).isEqualTo(version);
      OutputStream out = client.getOutputStream();
      out.write(request());
      InputStream in = client.getInputStream();
      assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).endsWith(ANSWER);
    }
  }

  @Test
  void theServerNameChoosesTheCertificate() {
    assertThat(s_client("-servername", "a.other.test").out()).contains("CN = *.other.test");
    assertThat(s_client("-servername", "localhost").out()).contains("CN = localhost");
    assertThat(s_client("-servername", "unknown.test").out()).contains("CN = localhost");
    assertThat(s_client("-noservername").out()).contains("CN = localhost");
  }

  @Test
  void theProtocolOfTheListenersPreferenceIsChosen() {
    assertThat(s_client("-alpn", "http/1.1,h2").out()).contains("ALPN protocol: h2");
    assertThat(s_client("-alpn", "http/1.1").out()).contains("ALPN protocol: http/1.1");
    assertThat(s_client().out()).contains("No ALPN negotiated");
  }

  @Test
  void aClientWithoutASharedProtocolIsToldSo() {
    Command client = s_client("-alpn", "spdy/3");
    assertThat(client.exitCode()).isNotZero();
    assertThat(client.out()).contains("alert number 120");
  }

  @Test
  void aClientThatOnlySpeaksOldVersionsIsToldSo() {
    Command client = s_client("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0");
    assertThat(client.exitCode()).isNotZero();
    assertThat(client.out()).contains("alert number 70");
  }

  @Test
  void renegotiationIsRefusedAndTheSessionIsUnharmed() {
    // s_client asks for a renegotiation at a line with only an R.
    Command client =
        Command.run(
            "R\n".getBytes(StandardCharsets.US_ASCII),
            List.of("openssl", "s_client", "-tls1_2", "-connect", "127.0.0.1:" + proxy.port()));
    assertThat(client.out()).contains("no renegotiation");
  }

  private static Command s_client(String... options) {
    Stream<String> words =
        Stream.concat(
            Stream.of(
                "openssl",
                "s_client",
                "-ign_eof",
                "-connect",
                "127.0.0.1:" + proxy.port(),
                "-CAfile",
                proxy.certificates.ca().toString()),
            Stream.of(options));
    return Command.run(request(), words.toList());
  }

  private static byte[] request() {
    return "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        .getBytes(StandardCharsets.US_ASCII);
  }
}
