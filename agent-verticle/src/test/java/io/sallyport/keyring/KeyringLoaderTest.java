package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.testing.LeakCheck;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Files as `openssl` and mistakes make them.
@ExtendWith(LeakCheck.class)
class KeyringLoaderTest {
  private final LocalKeyringStore store = new LocalKeyringStore();
  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init")
  private TestFiles files;

  @BeforeEach
  void makeFiles() {
    files = new TestFiles(folder);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private KeyringConfig config(String chain, String key) {
    return config(List.of(certificate(chain, key)));
  }

  private static KeyringConfig config(List<CertificateConfig> certificates) {
    return new KeyringConfig(
        "web", certificates, new TrustConfig.None(), new TrustConfig.None(), List.of());
  }

  private CertificateConfig certificate(String chain, String key) {
    return new CertificateConfig(files.named(chain), files.named(key), new StaplingConfig.Off());
  }

  private KeyringLoader.Loaded loaded(KeyringConfig config) {
    KeyringLoader.Result result = KeyringLoader.load(config, store);
    assertThat(result).isInstanceOf(KeyringLoader.Loaded.class);
    KeyringLoader.Loaded loaded = (KeyringLoader.Loaded) result;
    store.put(loaded.keyring());
    return loaded;
  }

  private List<ConfigError> errors(KeyringConfig config) {
    KeyringLoader.Result result = KeyringLoader.load(config, store);
    assertThat(result).isInstanceOf(KeyringLoader.Rejected.class);
    return ((KeyringLoader.Rejected) result).errors();
  }

  private void assertError(String chain, String key, int line, String found) {
    List<ConfigError> errors = errors(config(chain, key));
    assertThat(errors).hasSize(1);
    assertThat(errors.getFirst().found()).contains(found);
    // `config` names the chain first, then the key.
    assertThat(errors.getFirst().position().line() % 2).isEqualTo(line % 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ec:P-256", "ec:P-384", "rsa:2048", "rsa:3072"})
  void everyFormOfAKeyIsRead(String algorithm) {
    files.certificate("site", algorithm, "DNS:site.example");
    files.openssl("pkey", "-traditional", "-in", "site.key", "-out", "old.key");
    assertThat(files.read("site.key")).contains("BEGIN PRIVATE KEY");
    assertThat(files.read("old.key"))
        .contains(algorithm.startsWith("ec") ? "BEGIN EC PRIVATE KEY" : "BEGIN RSA PRIVATE KEY");
    for (String key : List.of("site.key", "old.key")) {
      KeyringLoader.Loaded loaded = loaded(config("site.pem", key));
      assertThat(loaded.warnings()).isEmpty();
      CertifiedKey certified = loaded.keyring().certificates().getFirst();
      assertThat(certified.certificate().isNone()).isFalse();
      assertThat(certified.certificate()).isNotEqualTo(certified.privateKey());
      assertThat(certified.chain()).hasSize(1);
    }
  }

  @Test
  void textAroundTheBlocksIsIgnored() {
    files.certificate("site", "ec:P-256", "DNS:site.example");
    files.openssl("ecparam", "-name", "prime256v1", "-out", "params.pem");
    files.openssl("pkey", "-traditional", "-in", "site.key", "-out", "old.key");
    files.write("combined.key", files.read("params.pem") + "comment\n" + files.read("old.key"));
    files.write("combined.pem", "a\r\n" + files.read("combined.key") + files.read("site.pem"));
    loaded(config("combined.pem", "combined.key"));
  }

  @Test
  void aChainKeepsItsOrder() {
    makeChain();
    files.write("chain.pem", files.read("leaf.pem") + files.read("ca.pem"));
    assertThat(loaded(config("chain.pem", "leaf.key")).keyring().certificates().getFirst().chain())
        .hasSize(2);
  }

  private void makeChain() {
    files.certificate("ca", "ec:P-256", "");
    files.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "leaf.key");
    files.openssl("req", "-new", "-key", "leaf.key", "-subj", "/CN=leaf.example", "-out", "l.csr");
    files.openssl(
        "x509",
        "-req",
        "-in",
        "l.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-out",
        "leaf.pem");
  }

  @Test
  void aChainOutOfOrderIsAnError() {
    makeChain();
    files.certificate("other", "ec:P-256", "");
    files.write("twice.pem", files.read("leaf.pem") + files.read("other.pem"));
    assertError("twice.pem", "leaf.key", 1, "certificate 2 did not issue the one before it");
    files.write("upside-down.pem", files.read("ca.pem") + files.read("leaf.pem"));
    assertError("upside-down.pem", "leaf.key", 1, "certificate 2 did not issue");
  }

  @Test
  void aKeyOfAnotherCertificateIsAnError() {
    files.certificate("one", "ec:P-256", "");
    files.certificate("two", "ec:P-256", "");
    files.certificate("rsa", "rsa:2048", "");
    files.certificate("p384", "ec:P-384", "");
    for (String key : List.of("two.key", "rsa.key", "p384.key")) {
      assertError("one.pem", key, 2, "does not belong to the first certificate");
    }
  }

  @Test
  void keysThatAreNotAcceptedAreErrors() {
    files.certificate("ed", "ed25519", "");
    List<ConfigError> errors = errors(config("ed.pem", "ed.key"));
    assertThat(errors).hasSize(2);
    assertThat(errors.get(0).found()).contains("a key of type EdDSA");
    assertThat(errors.get(1).found()).contains("neither EC nor RSA");
    files.certificate("small", "rsa:1024", "");
    assertError("small.pem", "small.key", 1, "an RSA key of 1024 bits");
    files.certificate("p521", "ec:P-521", "");
    assertThat(errors(config("p521.pem", "p521.key"))).hasSize(2);
  }

  @Test
  void anEncryptedKeyIsAnErrorInEitherForm() {
    files.certificate("site", "ec:P-256", "");
    files.openssl("pkey", "-in", "site.key", "-aes128", "-passout", "pass:x", "-out", "new.key");
    files.openssl("ec", "-in", "site.key", "-aes128", "-passout", "pass:x", "-out", "old.key");
    assertThat(files.read("new.key")).contains("BEGIN ENCRYPTED PRIVATE KEY");
    assertThat(files.read("old.key")).contains("Proc-Type: 4,ENCRYPTED");
    assertError("site.pem", "new.key", 2, "an encrypted private key");
    assertError("site.pem", "old.key", 2, "an encrypted private key");
  }

  @Test
  void allErrorsOfAllFilesAreFound() {
    files.certificate("site", "ec:P-256", "");
    files.write("empty.pem", "");
    files.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAA*\n-----END CERTIFICATE-----\n");
    files.write("open.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n");
    files.write("der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    List<ConfigError> errors =
        errors(
            config(
                List.of(
                    certificate("empty.pem", "empty.pem"),
                    certificate("broken.pem", "open.pem"),
                    certificate("der.pem", "missing.pem"))));
    assertThat(errors.stream().map(error -> error.position().line()))
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(
            errors.stream().map(ConfigError::found).map(found -> found.replaceAll(" in /.*", "")))
        .startsWith(
            "no certificate",
            "no private key",
            "a PEM block that is no base64",
            "a PEM block without an end",
            "a certificate that cannot be read");
    assertThat(errors).allSatisfy(error -> assertThat(error.message()).doesNotContain("AAAA"));
  }

  @Test
  void anExpiredCertificateIsAWarning() {
    files.certificate("ca", "ec:P-256", "");
    files.openssl("req", "-new", "-key", "ca.key", "-subj", "/CN=ca.example", "-out", "c.csr");
    files.openssl(
        "x509", "-req", "-in", "c.csr", "-signkey", "ca.key", "-days", "-1", "-out", "old.pem");
    List<ConfigError> warnings = loaded(config("old.pem", "ca.key")).warnings();
    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst().found()).startsWith("certificate 1 expired at 20");
  }

  @Test
  void aFileTooLargeForPemIsAnError() {
    files.certificate("site", "ec:P-256", "");
    files.write("large.pem", "x".repeat((1 << 20) + 1));
    assertError("large.pem", "site.key", 1, "more than 1 MiB");
  }
}
