package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong in the `tls` of listeners and of backends.
final class TlsValuesTest {
  private static final String NAME =
      ", expected a DNS name, as \"client.example.com\" or \"*.example.com\", or a URI, as"
          + " \"spiffe://example.com/client\"";

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  /// The messages about more keys in the `tls` of the listener, which begin in column 25.
  private List<String> listenerErrors(String keys) {
    return files.errors("{keyring: web}", "{keyring: web, " + keys + "}");
  }

  /// The messages about more keys in the `tls` of the backend, on line 13 from column 39 on.
  private List<String> backendErrors(String keys) {
    return files.errors(
        "- name: app", "- name: app\n    tls: {keyring: web, verify: none, " + keys + "}");
  }

  private TlsConfig tls(String keys) {
    return files
        .loaded(
            ConfigFiles.MINIMAL
                .replace("{keyring: web}", "{keyring: web, " + keys + "}")
                .replace("listeners:\n", "    client-ca: clients.pem\nlisteners:\n"))
        .listeners()
        .get(0)
        .tls();
  }

  @Test
  void anUnknownKeyIsReportedWithItsNeighbours() {
    assertThat(listenerErrors("strict_sni: true"))
        .containsExactly(
            "s.yaml:9:25: found unknown key \"strict_sni\", expected \"keyring\", \"min-version\","
                + " \"max-version\", \"alpn\", \"groups\", \"client-auth\", \"client-names\","
                + " \"strict-sni\", \"tickets\" or \"ticket-lifetime\"; did you mean"
                + " \"strict-sni\"?");
    assertThat(backendErrors("servername: a"))
        .containsExactly(
            "s.yaml:13:39: found unknown key \"servername\", expected \"keyring\", \"verify\","
                + " \"server-name\", \"min-version\", \"max-version\", \"alpn\" or \"groups\"; did"
                + " you mean \"server-name\"?");
    assertThat(files.errors("- name: app", "- name: app\n    tls: {}"))
        .containsExactly(
            "s.yaml:13:10: found tls without \"keyring\", expected keyring: the name of a keyring");
    assertThat(files.errors("- name: app", "- name: app\n    tls: web"))
        .containsExactly("s.yaml:13:10: found \"web\", expected {keyring: NAME}");
  }

  @Test
  void groupsAreAClosedChoiceInAnyCaseEachOnce() {
    String groups =
        ", expected \"secp256r1\", \"secp384r1\", \"secp521r1\", \"x25519\" or"
            + " \"X25519MLKEM768\"";
    assertThat(listenerErrors("groups: [x25519, X25519, x448, secp256k1]"))
        .containsExactly(
            "s.yaml:9:42: found duplicate group \"X25519\" (also on line 9), expected each group"
                + " once",
            "s.yaml:9:50: found unknown group \"x448\"" + groups,
            "s.yaml:9:56: found unknown group \"secp256k1\""
                + groups
                + "; did you mean"
                + " \"secp256r1\"?");
    assertThat(backendErrors("groups: []"))
        .containsExactly(
            "s.yaml:13:47: found an empty list, expected [GROUP], as [x25519, secp256r1]");
    assertThat(tls("groups: [SECP521R1, x25519mlkem768]").groups())
        .containsExactly(TlsGroupConfig.SECP521R1, TlsGroupConfig.X25519MLKEM768);
  }

  @Test
  void clientAuthIsAClosedChoice() {
    assertThat(listenerErrors("client-auth: require"))
        .containsExactly(
            "s.yaml:9:38: found unknown client-auth \"require\", expected \"none\", \"optional\" or"
                + " \"required\"; did you mean \"required\"?");
    assertThat(tls("client-auth: required").clientAuth())
        .isEqualTo(new ClientAuthConfig.Required(List.of()));
    assertThat(tls("client-auth: optional, client-names: [a.example]").clientAuth())
        .isEqualTo(new ClientAuthConfig.IfPresented(List.of(ClientNamePattern.parse("A.example"))));
  }

  @Test
  void aClientNameIsADnsNameOrAUri() {
    String[] wrong = {
      "*",
      "a*.com",
      "a b",
      "10.0.0.1",
      "::1",
      "a.example:443",
      "spiffe://a b",
      "://a",
      "urn:",
      "",
      "*.com",
      "spiffe://*/a",
      "spiffe:///*",
      "urn:uuid:*",
      "spiffe://a/*/b"
    };
    for (String name : wrong) {
      assertThat(listenerErrors("client-auth: none, client-names: ['" + name + "']"))
          .containsExactly("s.yaml:9:59: found client name \"" + name + "\"" + NAME);
    }
    String uris =
        "[spiffe://example.com/ns/Web, 'https://a.example/x?y', urn:uuid:1-2, 'spiffe://b/*']";
    assertThat(tls("client-auth: required, client-names: " + uris).clientAuth())
        .hasToString(
            "Required[names=[spiffe://example.com/ns/Web, https://a.example/x?y, urn:uuid:1-2,"
                + " spiffe://b/*]]");
    assertThat(tls("client-auth: required, client-names: ['*.Example.com']").clientAuth())
        .hasToString("Required[names=[*.example.com]]");
  }

  @Test
  void clientNamesNeedClientAuthAndAreGivenOnce() {
    assertThat(listenerErrors("client-names: [a.example]"))
        .containsExactly(
            "s.yaml:9:39: found client-names without client-auth, expected client-auth optional or"
                + " required beside them");
    assertThat(listenerErrors("client-names: [a.example, A.example]"))
        .containsExactly(
            "s.yaml:9:51: found duplicate client name \"A.example\" (also on line 9), expected each"
                + " client name once");
    assertThat(listenerErrors("client-names: []"))
        .containsExactly("s.yaml:9:39: found an empty list, expected [PATTERN]");
  }

  @Test
  void strictSniAndTicketsAreTrueOrFalse() {
    String choice = ", expected \"true\" or \"false\"";
    assertThat(listenerErrors("strict-sni: yes, tickets: fals"))
        .containsExactly(
            "s.yaml:9:37: found unknown choice \"yes\"" + choice,
            "s.yaml:9:51: found unknown choice \"fals\"" + choice + "; did you mean \"false\"?");
    assertThat(tls("strict-sni: true").strictSni()).isTrue();
    assertThat(tls("tickets: false, ticket-lifetime: 1h").tickets())
        .isEqualTo(new TicketConfig.Off());
  }

  @Test
  void aTicketLivesBetweenAMinuteAndAWeek() {
    for (String lifetime : new String[] {"59s", "8d", "0s"}) {
      assertThat(listenerErrors("ticket-lifetime: " + lifetime))
          .containsExactly(
              "s.yaml:9:42: found \""
                  + lifetime
                  + "\", expected a duration from 1m to 7d as a number and its unit (ms, s, m, h or"
                  + " d)");
    }
    assertThat(listenerErrors("ticket-lifetime: 7d")).isEmpty();
  }

  @Test
  void verifyIsAClosedChoice() {
    assertThat(
            files.errors("- name: app", "- name: app\n    tls: {keyring: web, verify: optional}"))
        .containsExactly(
            "s.yaml:13:33: found unknown verify \"optional\", expected \"required\" or \"none\"");
  }

  @Test
  void aServerNameIsADnsNameOrAnAddress() {
    for (String name : new String[] {"a_b", "*.example.com", "a:443", "a..b", "", "1.2.3"}) {
      assertThat(backendErrors("server-name: '" + name + "'"))
          .containsExactly(
              "s.yaml:13:52: found server name \""
                  + name
                  + "\", expected a DNS name of letters, digits and \"-\", or an IP address");
    }
    for (String name : new String[] {"App.internal", "10.0.0.1", "2001:db8::7"}) {
      assertThat(backendErrors("server-name: '" + name + "'")).isEmpty();
    }
  }

  @Test
  void theVersionsOfABackendAreInOrder() {
    assertThat(backendErrors("min-version: 1.3, max-version: 1.2, alpn: [h2, h2]"))
        .containsExactly(
            "s.yaml:13:52: found min-version \"1.3\" above max-version \"1.2\", expected a"
                + " min-version up to \"1.2\"",
            "s.yaml:13:86: found duplicate protocol \"h2\" (also on line 13), expected each protocol"
                + " once");
  }
}
