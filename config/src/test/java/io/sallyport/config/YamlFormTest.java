package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong with a file as YAML, and with the kinds and keys of its values.
final class YamlFormTest {
  private static final String LISTENER_KEYS =
      "\"name\", \"bind\", \"tls\", \"routes\", \"backend\", \"timeout\" or \"maxconn\"";
  private static final String ROOT_KEYS =
      "\"cluster\", \"node\", \"admin\", \"keyrings\", \"listeners\" or \"backends\"";

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  @Test
  void brokenYamlIsOneLineAtItsPlace() {
    assertThat(files.errors("bind: 0.0.0.0:8443", "bind: a: b"))
        .containsExactly(
            "s.yaml:8:12: found broken YAML (mapping values are not allowed here), expected"
                + " well-formed YAML");
    assertThat(files.errors("bind: 0.0.0.0:8443", "bind: 'a"))
        .containsExactly(
            "s.yaml:15:1: found broken YAML (found unexpected end of stream), expected"
                + " well-formed YAML");
  }

  @Test
  void aPatternWithoutQuotesIsExplained() {
    assertThat(files.errors("backend: app", "routes: [{sni: [*.example.com], backend: app}]"))
        .containsExactly(
            "s.yaml:10:22: found broken YAML (unexpected character found .(46)), expected"
                + " well-formed YAML; a pattern that begins with * needs quotes");
  }

  @Test
  void anIpv6AddressWithoutQuotesIsExplained() {
    assertThat(files.errors("bind: 0.0.0.0:8443", "bind: [::]:8443"))
        .containsExactly(
            "s.yaml:8:12: found broken YAML (expected the node content, but found ':'), expected"
                + " well-formed YAML; an address that begins with [ needs quotes");
  }

  @Test
  void whatTheParserItselfStumblesOverIsAnError() {
    assertThat(files.errors("bind: 0.0.0.0:8443", "bind: \"\\UFFFFFFFF\""))
        .containsExactly(
            "s.yaml:8:5: found broken YAML (a number or escape that no YAML has, after this place),"
                + " expected well-formed YAML");
  }

  @Test
  void aControlCharacterIsFoundInItsPlace() {
    assertThat(files.errors("name: https", "name: \u00e4\u0007"))
        .containsExactly("s.yaml:7:12: found the character U+0007, expected printable text");
  }

  @Test
  void anchorsAliasesAndTagsAreRefusedTogether() {
    String text = "a: &x [1]\nb: *x\nc: !!str d\ne: !<tag:f> {}\n";

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:1:4: found the YAML anchor \"&x\", expected plain data",
            "s.yaml:2:4: found the YAML alias \"*x\", expected the value itself; a pattern that"
                + " begins with * needs quotes",
            "s.yaml:3:4: found the YAML tag \"tag:yaml.org,2002:str\", expected plain data",
            "s.yaml:4:4: found the YAML tag \"tag:f\", expected plain data");
  }

  @Test
  void aBombOfAliasesIsRefusedBeforeItGrows() {
    StringBuilder text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++) {
      String alias = "*a" + (i - 1);
      text.append("a%d: &a%d [%s, %s, %s, %s]\n".formatted(i, i, alias, alias, alias, alias));
    }

    assertThat(files.errors(text.toString())).hasSize(30 + 29 * 4);
  }

  @Test
  void deepNestingIsRefused() {
    String expected = ": found nesting deeper than 32 levels, expected at most that";

    assertThat(files.errors("[".repeat(100_000))).containsExactly("s.yaml:1:33" + expected);
    assertThat(files.errors("- ".repeat(100_000))).containsExactly("s.yaml:1:65" + expected);
    assertThat(files.errors("{a: ".repeat(100_000))).containsExactly("s.yaml:1:129" + expected);
  }

  @Test
  void aSecondDocumentIsRefused() {
    assertThat(files.errors("backends:", "---\nbackends:"))
        .containsExactly("s.yaml:11:1: found a second YAML document, expected one document");
  }

  @Test
  void theRootIsAMapping() {
    String expected = ", expected a mapping with keyrings, listeners and backends";

    assertThat(files.errors("[a]")).containsExactly("s.yaml:1:1: found a list" + expected);
    assertThat(files.errors("\n a\n")).containsExactly("s.yaml:2:2: found \"a\"" + expected);
  }

  @Test
  void anEmptyMappingMissesEverySection() {
    assertThat(files.errors("{}"))
        .containsExactly(
            "s.yaml:1:1: found a config file without \"keyrings\", expected keyrings: {NAME:"
                + " {certificates: [{chain: FILE, key: FILE}]}}",
            "s.yaml:1:1: found a config file without \"listeners\", expected listeners: [{name: NAME,"
                + " bind: HOST:PORT, tls: {keyring: NAME}, backend: NAME}]",
            "s.yaml:1:1: found a config file without \"backends\", expected backends: [{name: NAME,"
                + " servers: [{address: HOST:PORT}]}]");
  }

  @Test
  void aWrongKindOfValueIsNamed() {
    assertThat(files.errors("tls: {keyring: web}", "tls: [web]"))
        .containsExactly("s.yaml:9:10: found a list, expected {keyring: NAME}");
    assertThat(files.errors("tls: {keyring: web}", "tls: web"))
        .containsExactly("s.yaml:9:10: found \"web\", expected {keyring: NAME}");
    assertThat(files.errors("backend: app", "backend: {name: app}"))
        .containsExactly("s.yaml:10:14: found a mapping, expected the name of a backend");
    assertThat(files.errors("address: 127.0.0.1:8080", "127.0.0.1:8080"))
        .containsExactly(
            "s.yaml:14:9: found \"127.0.0.1:8080\", expected {address: HOST:PORT, weight: NUMBER}");
    assertThat(files.errors("{keyring: web}", "{keyring: web, alpn: h2}"))
        .containsExactly("s.yaml:9:31: found \"h2\", expected [PROTOCOL], as [h2, http/1.1]");
  }

  @Test
  void aKeyWithNothingBehindItIsReportedAtTheKey() {
    for (String nothing : new String[] {"", " ~", " null"}) {
      assertThat(files.errors("tls: {keyring: web}", "tls:" + nothing))
          .containsExactly("s.yaml:9:5: found no value behind \"tls\", expected {keyring: NAME}");
    }
    assertThat(files.errors("backends:", "node:\nbackends:"))
        .containsExactly(
            "s.yaml:11:1: found no value behind \"node\", expected {name: NAME, data-dir: FOLDER,"
                + " event-loops: NUMBER, drain-timeout: DURATION}");
    assertThat(files.errors("{keyring: web}", "{keyring: web, alpn: [h2, ~]}"))
        .containsExactly(
            "s.yaml:9:36: found no value, expected a protocol id of 1 to 255 bytes, as h2 or"
                + " http/1.1");
  }

  @Test
  void aQuotedNullIsText() {
    assertThat(files.loaded(ConfigFiles.MINIMAL.replace("https", "\"null\"")).listeners())
        .first()
        .extracting(ListenerConfig::name)
        .isEqualTo("null");
  }

  @Test
  void anUnknownKeyNamesItsNeighbours() {
    assertThat(files.errors("backend: app", "backend: app\n    send-proxy: true"))
        .containsExactly(
            "s.yaml:11:5: found unknown key \"send-proxy\", expected " + LISTENER_KEYS);
  }

  @Test
  void aMisspeltKeyIsOneMistakeAndNotAlsoAMissingKey() {
    assertThat(files.errors("bind: 0.0.0.0:8443", "bnid: 0.0.0.0:8443"))
        .containsExactly(
            "s.yaml:8:5: found unknown key \"bnid\", expected "
                + LISTENER_KEYS
                + "; did you mean \"bind\"?");
    assertThat(files.errors("backend: app", "Backends: app"))
        .containsExactly(
            "s.yaml:10:5: found unknown key \"Backends\", expected "
                + LISTENER_KEYS
                + "; did you mean \"backend\"?");
  }

  @Test
  void keysThatThisVersionDoesNotKnowAreNotSilentlyAccepted() {
    assertThat(files.errors("backends:", "clan: {}\n<<: {}\nbackends:"))
        .containsExactly(
            "s.yaml:11:1: found unknown key \"clan\", expected " + ROOT_KEYS,
            "s.yaml:12:1: found unknown key \"<<\", expected " + ROOT_KEYS);
    assertThat(files.errors("web:\n", "web:\n    vault: {}\n"))
        .containsExactly(
            "s.yaml:3:5: found unknown key \"vault\", expected \"certificates\", \"client-ca\","
                + " \"client-crl\", \"server-ca\", \"server-crl\", \"psks\", \"mode\","
                + " \"tickets\" or \"members\"");
    assertThat(files.errors("{keyring: web}", "{keyring: web, ciphers: none, early-data: true}"))
        .extracting(line -> line.substring(0, line.indexOf(", expected")))
        .containsExactly(
            "s.yaml:9:25: found unknown key \"ciphers\"",
            "s.yaml:9:40: found unknown key \"early-data\"");
    assertThat(files.errors("name: app", "name: app\n    health: {}"))
        .containsExactly(
            "s.yaml:13:5: found unknown key \"health\", expected \"name\", \"balance\", \"servers\","
                + " \"tls\" or \"timeout\"");
  }

  @Test
  void aRepeatedKeyIsAnErrorAndItsValuesAreStillChecked() {
    assertThat(files.errors("bind: 0.0.0.0:8443", "bind: 0.0.0.0:8443\n    bind: 0.0.0.0"))
        .containsExactly(
            "s.yaml:9:5: found duplicate key \"bind\" (also on line 8), expected each key once",
            "s.yaml:9:11: found address \"0.0.0.0\" without a port, expected HOST:PORT with a port"
                + " from 0 to 65535, an IPv6 host in brackets");
  }

  @Test
  void aKeyIsAWord() {
    assertThat(files.errors("backends:", "? [a]\n: b\n? {}\n: c\n~: d\nbackends:"))
        .containsExactly(
            "s.yaml:11:3: found a list as a key, expected a word",
            "s.yaml:13:3: found a mapping as a key, expected a word",
            "s.yaml:15:1: found no value as a key, expected a word");
  }

  @Test
  void aMissingKeyIsReportedWhereItsMappingBegins() {
    assertThat(files.errors("        key: site.key\n", ""))
        .containsExactly(
            "s.yaml:4:9: found a certificate without \"key\", expected key: the path of a file that"
                + " this process can read");
    assertThat(files.errors("    backend: app\n", ""))
        .containsExactly(
            "s.yaml:7:5: found a listener without \"routes\" or \"backend\", expected one of these"
                + " keys");
  }

  @Test
  void whatATerminalWouldActOnIsEscapedAndWhatIsLongIsCut() {
    assertThat(files.errors("name: https", "name: \"\\e[31m\\n\\u202E\""))
        .containsExactly(
            "s.yaml:7:11: found name \"\\u001B[31m\\u000A\\u202E\", expected " + Names.FORM);
    assertThat(files.errors("name: https", "name: " + "x".repeat(1000)))
        .containsExactly(
            "s.yaml:7:11: found name \"" + "x".repeat(80) + "...\", expected " + Names.FORM);
  }
}
