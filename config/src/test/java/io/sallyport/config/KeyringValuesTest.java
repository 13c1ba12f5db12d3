package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong in `keyrings`, and with those who refer to them.
final class KeyringValuesTest {
  private static final String READABLE = ", expected the path of a file that this process can read";

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  /// A second keyring, which begins on line 6; its content begins on line 7.
  private String withKeyring(String content) {
    return ConfigFiles.MINIMAL.replace(
        "listeners:\n", "  more:\n" + content.indent(4) + "listeners:\n");
  }

  @Test
  void aKeyringHoldsSomething() {
    assertThat(files.errors(withKeyring("{}")))
        .containsExactly(
            "s.yaml:7:5: found a keyring without \"certificates\", \"psks\", \"client-ca\" or"
                + " \"server-ca\", expected one of these keys");
    assertThat(files.errors(withKeyring("{client-crl: clients.crl}")))
        .containsExactly(
            "s.yaml:7:5: found a keyring without \"certificates\", \"psks\", \"client-ca\" or"
                + " \"server-ca\", expected one of these keys",
            "s.yaml:7:18: found client-crl without client-ca, expected the file of its client-ca"
                + " beside it");
    assertThat(files.errors(withKeyring("{server_ca: system}")))
        .containsExactly(
            "s.yaml:7:6: found unknown key \"server_ca\", expected \"certificates\", \"client-ca\","
                + " \"client-crl\", \"server-ca\", \"server-crl\", \"psks\", \"mode\","
                + " \"tickets\" or \"members\"; did you mean \"server-ca\"?");
    for (String one :
        new String[] {
          "{certificates: [{chain: site.pem, key: site.key}]}",
          "{client-ca: clients.pem}",
          "{server-ca: system}",
          "{psks: [{identity: a, secret-file: edge.psk}]}"
        }) {
      assertThat(files.errors(withKeyring(one))).isEmpty();
    }
  }

  @Test
  void theFilesOfAKeyringAreThere() {
    String content =
        """
        certificates: [{chain: site.pem, key: site.key, ocsp: nowhere}]
        client-ca: nowhere
        client-crl: nowhere
        server-ca: sytem
        server-crl: nowhere
        psks: [{identity: a, secret-file: nowhere}]
        """;
    String missing = "found \"nowhere\" (nowhere), which does not exist" + READABLE;

    assertThat(files.errors(withKeyring(content)))
        .containsExactly(
            "s.yaml:7:59: " + missing,
            "s.yaml:8:16: " + missing,
            "s.yaml:9:17: " + missing,
            "s.yaml:10:16: found \"sytem\" (sytem), which does not exist"
                + READABLE
                + ", or \"system\"",
            "s.yaml:11:17: " + missing,
            "s.yaml:12:39: " + missing);
  }

  @Test
  void aCrlNeedsAFileOfAnchors() {
    assertThat(files.errors(withKeyring("server-ca: system\nserver-crl: servers.crl")))
        .containsExactly(
            "s.yaml:8:17: found server-crl with a system server-ca, expected the file of its"
                + " server-ca beside it");
    assertThat(files.errors(withKeyring("client-ca: clients.pem\nserver-crl: servers.crl")))
        .containsExactly(
            "s.yaml:8:17: found server-crl without server-ca, expected the file of its server-ca"
                + " beside it");
    assertThat(files.errors(withKeyring("client-ca: system")))
        .containsExactly("s.yaml:7:16: found \"system\" (system), which does not exist" + READABLE);
  }

  @Test
  void aPskHasAnIdentityOnceAndASecret() {
    String content =
        """
        psks:
          - {identity: a, secret-file: edge.psk}
          - {identity: a, secret-file: edge.psk}
          - {identity: '', secret-file: edge.psk}
          - {identity: %s, secret-file: edge.psk}
          - {identity: b}
          - {secret-file: edge.psk}
        """
            .formatted("\u00e4".repeat(65));

    assertThat(files.errors(withKeyring(content)))
        .containsExactly(
            "s.yaml:9:20: found duplicate identity \"a\" (also on line 8), expected each identity"
                + " once",
            "s.yaml:10:20: found an identity of 0 bytes, expected " + PskConfig.IDENTITY_FORM,
            "s.yaml:11:20: found an identity of 130 bytes, expected " + PskConfig.IDENTITY_FORM,
            "s.yaml:12:9: found a psk without \"secret-file\", expected secret-file: the path of a"
                + " file that this process can read",
            "s.yaml:13:9: found a psk without \"identity\", expected identity: "
                + PskConfig.IDENTITY_FORM);
  }

  @Test
  void anIdentityMayHaveEveryCharacterAnd128Bytes() {
    String identity = "a b:\u00e4\ud83d\ude00" + "x".repeat(118);
    ProxyConfig config =
        files.loaded(withKeyring("psks: [{identity: '" + identity + "', secret-file: edge.psk}]"));

    assertThat(config.keyring("more").psks().get(0).identity()).isEqualTo(identity);
  }

  @Test
  void aListenerNeedsCertificates() {
    String text =
        withKeyring("client-ca: clients.pem").replace("{keyring: web}", "{keyring: more}");

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:11:20: found keyring \"more\" without certificates, expected one with"
                + " certificates");
  }

  @Test
  void whatAKeyringLacksIsFoundWhereverItStands() {
    String keyrings = ConfigFiles.MINIMAL.substring(0, ConfigFiles.MINIMAL.indexOf("listeners:\n"));
    String text =
        ConfigFiles.MINIMAL.replace(keyrings, "").replace("{keyring: web}", "{keyring: more}")
            + keyrings
            + "  more: {client-ca: clients.pem}\n";

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:4:20: found keyring \"more\" without certificates, expected one with"
                + " certificates");
  }

  @Test
  void aKeyringThatIsWrongIsNotBlamedForWhatItLacks() {
    String text = ConfigFiles.MINIMAL.replace("chain: site.pem", "chain: nowhere");

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:4:16: found \"nowhere\" (nowhere), which does not exist" + READABLE);
  }

  @Test
  void clientAuthNeedsWhomToTrust() {
    for (String auth : new String[] {"optional", "required"}) {
      assertThat(files.errors("{keyring: web}", "{keyring: web, client-auth: " + auth + "}"))
          .containsExactly(
              "s.yaml:9:20: found keyring \"web\" without client-ca, expected one with client-ca,"
                  + " which client-auth needs");
    }
    assertThat(files.errors("{keyring: web}", "{keyring: web, client-auth: none}")).isEmpty();
  }

  @Test
  void verifyNeedsWhomToTrust() {
    String tls = "- name: app\n    tls: {keyring: web%s}";
    assertThat(files.errors("- name: app", tls.formatted("")))
        .containsExactly(
            "s.yaml:13:20: found keyring \"web\" without server-ca, expected one with server-ca,"
                + " which verify needs");
    assertThat(files.errors("- name: app", tls.formatted(", verify: none"))).isEmpty();
    assertThat(files.errors("- name: app", tls.replace("web", "wep").formatted("")))
        .containsExactly(
            "s.yaml:13:20: found undefined keyring \"wep\", expected \"web\"; did you mean \"web\"?");
  }
}
