package io.sallyport.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests over a real socket that must not get through: whatever is wrong with them, no keyring
/// is made.
class KeysHandlerTest {
  private static final String CREATE = "{\"keyring\":\"stolen\"}";

  @TempDir static Path folder;
  private static KeysFixture member;
  private static String token;

  @BeforeAll
  static void start() throws IOException {
    member = new KeysFixture(folder);
    token = AdminToken.readHeader(folder);
  }

  @AfterAll
  static void stop() {
    member.close();
  }

  @AfterEach
  void nothingWasMade() {
    assertThat(member.store().contains("stolen")).isFalse();
    assertThat(post("list", "{}", authorized()))
        .startsWith("HTTP/1.1 200 ")
        .doesNotContain("stolen");
  }

  private static List<String> authorized() {
    return List.of("Host: 127.0.0.1", "Authorization: " + token, "Content-Type: application/json");
  }

  private static List<String> headers(String host, String authorization, String contentType) {
    return List.of(
        "Host: " + host, "Authorization: " + authorization, "Content-Type: " + contentType);
  }

  private static String post(String operation, String body, List<String> headers) {
    return send("POST /keys/" + operation, body, headers);
  }

  private static String send(String requestLine, String body, List<String> headers) {
    return member.exchange(
        requestLine
            + " HTTP/1.1\r\nConnection: close\r\n"
            + String.join("\r\n", headers)
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static void assertRefused(String answer, int status, String part) {
    assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains(part);
    assertThat(answer).doesNotContain(token.substring("Bearer ".length()));
  }

  @Test
  void requestWithoutATokenIsRefused() {
    assertRefused(
        post("create", CREATE, List.of("Host: 127.0.0.1", "Content-Type: application/json")),
        401,
        "admin.token in its data-dir");
  }

  @Test
  void noPartOfTheTokenIsEnough() {
    for (int length = 0; length < token.length(); length += 7) {
      String part = token.substring(0, length);
      assertRefused(
          post("create", CREATE, headers("127.0.0.1", part, "application/json")),
          401,
          "admin.token");
    }
    String other = "Bearer " + "0".repeat(64);
    assertRefused(
        post("create", CREATE, headers("127.0.0.1", other, "application/json")),
        401,
        "admin.token");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "evil.example:9901", "127.0.0.1.evil.example", "10.0.0.1"})
  void foreignHostIsRefusedEvenWithTheToken(String host) {
    assertRefused(
        post("create", CREATE, headers(host, token, "application/json")),
        403,
        "Host must be a loopback address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://evil.example", "http://127.0.0.1:9901", "null", ""})
  void anyOriginIsRefusedEvenWithTheToken(String origin) {
    List<String> headers = new ArrayList<>(authorized());
    headers.add("Origin: " + origin);
    assertRefused(post("create", CREATE, headers), 403, "browsers have no business here");
  }

  @Test
  void pageThatAsksFirstWhetherItMayPostIsRefused() {
    assertRefused(
        send(
            "OPTIONS /keys/create",
            "",
            List.of(
                "Host: 127.0.0.1",
                "Origin: https://evil.example",
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization")),
        403,
        "browsers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"})
  void otherMethodsAreRefused(String method) {
    assertRefused(send(method + " /keys/create", CREATE, authorized()), 405, "expected POST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/json5"})
  void otherContentTypesAreRefused(String type) {
    assertRefused(
        post("create", CREATE, headers("127.0.0.1", token, type)), 415, "application/json");
  }

  @Test
  void bodyThatIsTooLargeIsRefused() {
    String large = CREATE + " ".repeat(64 * 1024 + 1 - CREATE.length());
    assertRefused(post("create", large, authorized()), 413, "more than 65536 bytes");
    assertRefused(
        member.exchange(
            "POST /keys/create HTTP/1.1\r\nConnection: close\r\n"
                + String.join("\r\n", authorized())
                + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(large.length())
                + "\r\n"
                + large
                + "\r\n0\r\n\r\n"),
        413,
        "more than 65536 bytes");
  }

  @Test
  void headersThatAreTooLargeAreRefused() {
    List<String> headers = new ArrayList<>(authorized());
    headers.add("X: " + "x".repeat(9_000));
    assertThat(post("create", CREATE, headers)).startsWith("HTTP/1.1 431 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "{",
        "{\"keyring\":1}",
        "{\"keyring\":\"\"}",
        "{\"keyring\":[\"stolen\"]}",
        "{}",
        "{\"keyring\":\"stolen\",\"extra\":1}",
        "{\"keyring\":\"stolen\",\"mode\":\"both\"}",
        "{\"keyring\":\"stolen\",\"tickets\":\"SHARED\"}"
      })
  void bodyOfAnotherFormIsRefused(String body) {
    assertRefused(post("create", body, authorized()), 400, "\"error\":\"found ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "crate", "create/", "create/x", "../stats", "CREATE"})
  void unknownOperationIsRefused(String operation) {
    assertRefused(post(operation, CREATE, authorized()), 404, "");
  }

  @Test
  void relativePathsAndPathsOfNoFileAreRefused() {
    assertRefused(
        post("add", "{\"keyring\":\"stolen\",\"client-ca\":\"ca.pem\"}", authorized()),
        400,
        "found a relative path ca.pem");
    assertRefused(
        post("add", "{\"keyring\":\"stolen\",\"client-ca\":\"/dev/zero\"}", authorized()),
        400,
        "found no file /dev/zero that the member can read");
    assertRefused(
        post("add", "{\"keyring\":\"stolen\",\"client-ca\":\"" + folder + "\"}", authorized()),
        400,
        "that the member can read");
  }

  @Test
  void whatIsStillReadableForAllStaysSo() {
    assertThat(send("GET /healthz", "", List.of("Host: localhost")))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("ok\n");
    assertRefused(send("POST /healthz", "", List.of("Host: localhost")), 405, "only GET");
  }

  @Test
  void garbageIsRefusedAndNeverMore() {
    Seeds.forEach(
        200,
        random -> {
          byte[] body = new byte[random.nextInt(200)];
          random.nextBytes(body);
          String text = new String(body, StandardCharsets.ISO_8859_1);
          assertThat(post("create", text, authorized())).startsWith("HTTP/1.1 400 ");
        });
  }
}
