package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong with single values, and between values.
final class ConfigValuesTest {
  private static final String BIND =
      ", expected HOST:PORT with a port from 0 to 65535, an IPv6 host in brackets";
  private static final String ADDRESS =
      ", expected HOST:PORT with a port from 1 to 65535, an IPv6 host in brackets";
  private static final String TIMEOUT =
      ", expected a duration from 1ms to 24d as a number and its unit (ms, s, m, h or d)";
  private static final String READABLE = ", expected the path of a file that this process can read";
  private static final String PATTERN =
      ", expected a DNS name of letters, digits and \"-\", as \"api.example.com\" or"
          + " \"*.example.com\"";

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  private void bindIsRejected(String value, String found) {
    assertThat(files.errors("bind: 0.0.0.0:8443", "bind: " + value))
        .containsExactly("s.yaml:8:11: found " + found + BIND);
  }

  @Test
  void aBindIsAHostAndAPort() {
    bindIsRejected("10.0.0.1", "address \"10.0.0.1\" without a port");
    bindIsRejected("'[::1]'", "address \"[::1]\" without a port");
    bindIsRejected("8443", "address \"8443\" without a port");
    bindIsRejected("''", "address \"\" without a port");
    bindIsRejected("a:70000", "port \"70000\"");
    bindIsRejected("'a:'", "port \"\"");
    bindIsRejected("a:-1", "port \"-1\"");
    bindIsRejected("a:99999999999999999999", "port \"99999999999999999999\"");
    bindIsRejected("::1:8443", "address \"::1:8443\" with colons outside of brackets");
    bindIsRejected("':8443'", "host \"\"");
    bindIsRejected("1.2.3:80", "host \"1.2.3\"");
    bindIsRejected("1.2.3.256:80", "host \"1.2.3.256\"");
    bindIsRejected("a b:80", "host \"a b\"");
    bindIsRejected("'*:80'", "host \"*\"");
    bindIsRejected("'[1.2.3.4]:80'", "host \"[1.2.3.4]\"");
    bindIsRejected("'[::g]:80'", "host \"[::g]\"");
  }

  @Test
  void aServerHasAPortAndAppearsOnce() {
    assertThat(files.errors("address: 127.0.0.1:8080", "address: app:0"))
        .containsExactly("s.yaml:14:18: found port 0" + ADDRESS);
    assertThat(
            files.errors(
                "- address: 127.0.0.1:8080",
                "- address: \"[::1]:80\"\n      - address: '[0::1]:80'"))
        .containsExactly(
            "s.yaml:15:18: found duplicate server \"[0::1]:80\" (also on line 14), expected each"
                + " server once");
  }

  @Test
  void weightAndMaxconnAndEventLoopsAreBoundedNumbers() {
    for (String weight : new String[] {"0", "257", "1.5", "-1", "x", "0x10", "9999999999"}) {
      assertThat(files.errors("address: 127.0.0.1:8080", "{address: a:1, weight: " + weight + "}"))
          .containsExactly(
              "s.yaml:14:32: found \"" + weight + "\", expected a number from 1 to 256");
    }
    assertThat(files.errors("backend: app", "backend: app\n    maxconn: 0"))
        .containsExactly("s.yaml:11:14: found \"0\", expected a number from 1 to 1000000");
    assertThat(files.errors("backends:", "node: {event-loops: 1025}\nbackends:"))
        .containsExactly("s.yaml:11:21: found \"1025\", expected a number from 1 to 1024");
  }

  @Test
  void aNumberMayBeQuoted() {
    String quoted = ConfigFiles.FULL.replace("maxconn: 500", "maxconn: \"500\"");

    assertThat(files.loaded(quoted)).isEqualTo(files.loaded(ConfigFiles.FULL));
  }

  @Test
  void aDurationHasAUnitAndBounds() {
    for (String text :
        new String[] {"5x", "1.5s", "-1s", "0s", "25d", "999999999999999d", "s", "5 s"}) {
      assertThat(files.errors("backend: app", "backend: app\n    timeout: {client: " + text + "}"))
          .containsExactly("s.yaml:11:23: found \"" + text + "\"" + TIMEOUT);
    }
    assertThat(files.errors("backend: app", "backend: app\n    timeout: {client-hs: 5}"))
        .containsExactly("s.yaml:11:26: found \"5\" without a unit" + TIMEOUT);
    assertThat(files.errors("backends:", "node: {drain-timeout: 2d}\nbackends:"))
        .containsExactly(
            "s.yaml:11:23: found \"2d\", expected a duration from 0s to 1d as a number and its unit"
                + " (ms, s, m, h or d)");
  }

  @Test
  void everyUnitIsUnderstood() {
    String timeouts = "backend: app\n    timeout: {client-hs: 1ms, client: 24d, client-fin: 2h}";
    ProxyConfig config = files.loaded(ConfigFiles.MINIMAL.replace("backend: app", timeouts));

    assertThat(config.listeners().get(0).timeout())
        .hasToString("ListenerTimeoutConfig[clientHs=PT0.001S, client=PT576H, clientFin=PT2H]");
  }

  @Test
  void anUndefinedNameIsReportedWithItsNeighbours() {
    assertThat(files.errors("backend: app", "backend: ap"))
        .containsExactly(
            "s.yaml:10:14: found undefined backend \"ap\", expected \"app\"; did you mean \"app\"?");
    assertThat(files.errors("keyring: web", "keyring: internal"))
        .containsExactly("s.yaml:9:20: found undefined keyring \"internal\", expected \"web\"");
    assertThat(files.errors("backend: app", "routes: [{sni: [a], backend: appp}]"))
        .containsExactly(
            "s.yaml:10:34: found undefined backend \"appp\", expected \"app\"; did you mean"
                + " \"app\"?");
  }

  @Test
  void aMissingSectionIsNotBlamedOnWhoeverRefersToIt() {
    assertThat(files.errors("backends:", "backend:"))
        .containsExactly(
            "s.yaml:11:1: found unknown key \"backend\", expected \"cluster\", \"node\", \"admin\", \"keyrings\","
                + " \"listeners\" or \"backends\"; did you mean \"backends\"?");
  }

  @Test
  void aDefinitionThatIsWrongIsStillDefined() {
    String text =
        ConfigFiles.MINIMAL
            .replace("name: app", "name: my app")
            .replace("backend: app", "backend: my app")
            .replace("chain: site.pem", "chain: nowhere.pem");

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:4:16: found \"nowhere.pem\" (nowhere.pem), which does not exist" + READABLE,
            "s.yaml:12:11: found name \"my app\", expected " + Names.FORM);
  }

  @Test
  void aNameIsDefinedOnce() {
    assertThat(
            files.errors(
                "  web:\n", "  web: {certificates: [{chain: site.pem, key: site.key}]}\n  web:\n"))
        .containsExactly(
            "s.yaml:3:3: found duplicate keyring \"web\" (also on line 2), expected each keyring"
                + " once");
    assertThat(
            files.errors("backends:\n", "backends:\n  - {name: app, servers: [{address: a:1}]}\n"))
        .containsExactly(
            "s.yaml:13:11: found duplicate backend \"app\" (also on line 12), expected each backend"
                + " once");
    assertThat(
            files.errors(
                "backends:\n",
                "  - {name: https, bind: a:1, tls: {keyring: web}, backend: app}\nbackends:\n"))
        .containsExactly(
            "s.yaml:11:12: found duplicate listener \"https\" (also on line 7), expected each"
                + " listener once");
  }

  @Test
  void anAddressIsBoundOnce() {
    String text =
        ConfigFiles.MINIMAL
            .replace("0.0.0.0:8443", "\"[::1]:8443\"")
            .replace(
                "backends:\n",
                "  - {name: b, bind: '[0:0::1]:8443', tls: {keyring: web}, backend: app}\nbackends:\n")
            .concat("admin: {listen: '[::1]:8443'}\n");

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:8:11: found duplicate address \"[::1]:8443\" (also on line 16), expected each"
                + " address once",
            "s.yaml:11:21: found duplicate address \"[0:0::1]:8443\" (also on line 16), expected each"
                + " address once");
  }

  @Test
  void theAdminInterfaceListensOnLoopbackOnly() {
    assertThat(files.errors("backends:", "admin: {listen: 0.0.0.0:9901}\nbackends:"))
        .containsExactly(
            "s.yaml:11:17: found address \"0.0.0.0:9901\", which other hosts could reach, expected a"
                + " loopback HOST:PORT or none, because the admin interface knows no users");
    for (String loopback : new String[] {"localhost:1", "127.9.9.9:1", "'[::1]:1'"}) {
      assertThat(files.errors("backends:", "admin: {listen: " + loopback + "}\nbackends:"))
          .isEmpty();
    }
  }

  @Test
  void tlsVersionsAreAClosedChoiceInOrder() {
    assertThat(files.errors("{keyring: web}", "{keyring: web, min-version: TLSv1.2}"))
        .containsExactly(
            "s.yaml:9:38: found unknown TLS version \"TLSv1.2\", expected \"1.2\" or \"1.3\"");
    assertThat(files.errors("{keyring: web}", "{keyring: web, max-version: 1.1}"))
        .containsExactly(
            "s.yaml:9:38: found unknown TLS version \"1.1\", expected \"1.2\" or \"1.3\"");
    assertThat(
            files.errors("{keyring: web}", "{min-version: 1.3, max-version: '1.2', keyring: web}"))
        .containsExactly(
            "s.yaml:9:24: found min-version \"1.3\" above max-version \"1.2\", expected a min-version"
                + " up to \"1.2\"");
  }

  @Test
  void anAlpnProtocolHasOneTo255BytesAndAppearsOnce() {
    String alpn = "[h2, '', h2, " + "\u00e4".repeat(128) + ", " + "x".repeat(255) + "]";

    assertThat(files.errors("{keyring: web}", "{keyring: web, alpn: " + alpn + "}"))
        .containsExactly(
            "s.yaml:9:36: found a protocol id of 0 bytes, expected " + TlsConfig.ALPN_FORM,
            "s.yaml:9:40: found duplicate protocol \"h2\" (also on line 9), expected each protocol"
                + " once",
            "s.yaml:9:44: found a protocol id of 256 bytes, expected " + TlsConfig.ALPN_FORM);
  }

  @Test
  void listsMustNotBeEmpty() {
    String empty = ": found an empty list, expected ";

    assertThat(files.errors("{keyring: web}", "{keyring: web, alpn: []}"))
        .containsExactly("s.yaml:9:31" + empty + "[PROTOCOL], as [h2, http/1.1]");
    assertThat(files.errors("backend: app", "routes: []"))
        .containsExactly("s.yaml:10:13" + empty + "[{sni: [PATTERN], backend: NAME}]");
    assertThat(files.errors("backend: app", "routes: [{sni: [], backend: app}]"))
        .containsExactly("s.yaml:10:20" + empty + "[PATTERN]");
    assertThat(files.errors("servers:\n      - address: 127.0.0.1:8080", "servers: []"))
        .containsExactly("s.yaml:13:14" + empty + "[{address: HOST:PORT, weight: NUMBER}]");
    assertThat(files.errors("keyrings: {}\nlisteners: []\nbackends: []\n"))
        .containsExactly(
            "s.yaml:1:11: found an empty mapping, expected {NAME: {certificates: [{chain: FILE, key:"
                + " FILE}]}}",
            "s.yaml:2:12"
                + empty
                + "[{name: NAME, bind: HOST:PORT, tls: {keyring: NAME}, backend: NAME}]",
            "s.yaml:3:11" + empty + "[{name: NAME, servers: [{address: HOST:PORT}]}]");
  }

  @Test
  void anSniPatternIsADnsNameWithAtMostOneLeadingWildcard() {
    String[] wrong = {
      "*",
      "*.",
      "*.*.com",
      "x.*",
      "a*.com",
      "a..b",
      "-a",
      "a-",
      "a_b",
      "a.b.",
      "m\u00fcnchen",
      "x".repeat(64),
      ""
    };
    for (String pattern : wrong) {
      assertThat(files.errors("backend: app", "routes: [{sni: ['" + pattern + "'], backend: app}]"))
          .containsExactly("s.yaml:10:21: found SNI pattern \"" + pattern + "\"" + PATTERN);
    }
    for (String address : new String[] {"10.0.0.1", "::1", "*.10.0.0.1"}) {
      assertThat(files.errors("backend: app", "routes: [{sni: ['" + address + "'], backend: app}]"))
          .containsExactly("s.yaml:10:21: found the IP address \"" + address + "\"" + PATTERN);
    }
  }

  @Test
  void anSniPatternAppearsOnceInAListener() {
    String routes =
        """
        routes:
              - {sni: [a.example.com, '*.example.com'], backend: app}
              - {sni: [A.Example.com], backend: app}\
        """;

    assertThat(files.errors("backend: app", routes))
        .containsExactly(
            "s.yaml:12:16: found duplicate SNI pattern \"A.Example.com\" (also on line 11), expected"
                + " each SNI pattern once");
  }

  @Test
  void anUnknownBalanceIsReported() {
    assertThat(files.errors("servers:", "balance: leastconn\n    servers:"))
        .containsExactly(
            "s.yaml:13:14: found unknown balance \"leastconn\", expected \"roundrobin\"");
    assertThat(files.errors("servers:", "balance: roundrobbin\n    servers:"))
        .containsExactly(
            "s.yaml:13:14: found unknown balance \"roundrobbin\", expected \"roundrobin\"; did you"
                + " mean \"roundrobin\"?");
  }

  @Test
  void aFileThatIsNamedIsThere() throws IOException {
    Files.writeString(files.path("plain"), "");
    Files.createDirectory(files.path("certs"));

    assertThat(files.errors("chain: site.pem", "chain: certs"))
        .containsExactly("s.yaml:4:16: found \"certs\" (certs), which is a directory" + READABLE);
    assertThat(files.errors("chain: site.pem", "chain: plain/site.pem"))
        .containsExactly(
            "s.yaml:4:16: found \"plain/site.pem\" (plain/site.pem), which does not exist"
                + READABLE);
    assertThat(files.errors("chain: site.pem", "chain: \"a\\0b\""))
        .containsExactly("s.yaml:4:16: found the impossible path \"a\\u0000b\"" + READABLE);
    assertThat(files.errors("chain: site.pem", "chain: ''"))
        .containsExactly("s.yaml:4:16: found \"\"" + READABLE);
    assertThat(files.errors("backends:", "node: {data-dir: plain}\nbackends:"))
        .containsExactly(
            "s.yaml:11:18: found \"plain\" (plain), which is a file, expected the path of a folder,"
                + " which need not exist yet");
  }

  @Test
  void everyErrorOfAFileIsReportedInItsOrder() {
    String text =
        """
        node: {name: "", event-loops: many}
        admin: {listen: 10.0.0.1}
        keyrings:
          web:
            certificates: [{chain: nowhere.pem}]
        listener:
          - name: https
        backends:
          - name: app
            balance: random
            servers: [{address: 127.0.0.1, weight: 300}, {weight: 1}]
            timeout: {connect: 5}
        """;

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:1:14: found name \"\", expected " + Names.FORM,
            "s.yaml:1:31: found \"many\", expected a number from 1 to 1024",
            "s.yaml:2:17: found address \"10.0.0.1\" without a port, expected a loopback HOST:PORT or"
                + " none, because the admin interface knows no users",
            "s.yaml:5:20: found a certificate without \"key\", expected key: the path of a file that"
                + " this process can read",
            "s.yaml:5:28: found \"nowhere.pem\" (nowhere.pem), which does not exist" + READABLE,
            "s.yaml:6:1: found unknown key \"listener\", expected \"cluster\", \"node\", \"admin\", \"keyrings\","
                + " \"listeners\" or \"backends\"; did you mean \"listeners\"?",
            "s.yaml:10:14: found unknown balance \"random\", expected \"roundrobin\"",
            "s.yaml:11:25: found address \"127.0.0.1\" without a port" + ADDRESS,
            "s.yaml:11:44: found \"300\", expected a number from 1 to 256",
            "s.yaml:11:50: found a server without \"address\", expected address: HOST:PORT with a port"
                + " from 1 to 65535, an IPv6 host in brackets",
            "s.yaml:12:24: found \"5\" without a unit" + TIMEOUT);
  }
}
