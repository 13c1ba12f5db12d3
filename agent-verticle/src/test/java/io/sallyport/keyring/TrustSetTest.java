package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sallyport.config.ConfigError;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.Position;
import io.sallyport.config.TrustConfig;
import io.sallyport.testing.LeakCheck;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Files of certificates to trust and of CRLs, as `openssl` and mistakes make them.
@ExtendWith(LeakCheck.class)
class TrustSetTest {
  private final LocalKeyringStore store = new LocalKeyringStore();
  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init")
  private TestFiles files;

  @BeforeEach
  void makeFiles() {
    files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.certificate("other", "rsa:2048", "");
    files.crl("ca", 3600);
    files.crl("other", 3600);
    files.write("both.pem", files.read("ca.pem") + "text\n" + files.read("other.pem"));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private TrustConfig anchors(String ca, String... crls) {
    FilePath file = files.named(ca);
    return new TrustConfig.Anchors(file, List.of(crls).stream().map(files::named).toList());
  }

  private static KeyringConfig config(TrustConfig clients, TrustConfig servers) {
    return new KeyringConfig("web", List.of(), clients, servers, List.of());
  }

  private KeyringLoader.Loaded loaded(TrustConfig trust) {
    KeyringLoader.Result result = KeyringLoader.load(config(trust, new TrustConfig.None()), store);
    assertThat(result).isInstanceOf(KeyringLoader.Loaded.class);
    KeyringLoader.Loaded loaded = (KeyringLoader.Loaded) result;
    store.put(loaded.keyring());
    return loaded;
  }

  private TrustSet trusted(String ca, String... crls) {
    return loaded(anchors(ca, crls)).keyring().clientTrust().orElseThrow();
  }

  private List<String> errors(TrustConfig clients, TrustConfig servers) {
    KeyringLoader.Result result = KeyringLoader.load(config(clients, servers), store);
    assertThat(result).isInstanceOf(KeyringLoader.Rejected.class);
    return texts(((KeyringLoader.Rejected) result).errors());
  }

  private List<String> errors(TrustConfig clients) {
    return errors(clients, new TrustConfig.None());
  }

  /// `LINE: FOUND` of each.
  private List<String> texts(List<ConfigError> errors) {
    return errors.stream()
        .map(error ->
            error.position().line() + ": " + error.found().replace(" in " + folder + "/", " in "))
        .toList();
  }

  @Test
  void aKeyringOfAnchorsAloneHasNothingElse() {
    Keyring keyring = loaded(anchors("both.pem", "ca.crl")).keyring();

    TrustSet trust = keyring.clientTrust().orElseThrow();
    assertThat(trust.serial().isNone()).isFalse();
    assertThat(trust.anchors())
        .extracting(anchor -> anchor.getSubjectX500Principal().getName())
        .containsExactly("CN=ca.example", "CN=other.example");
    assertThat(trust.crls()).hasSize(1);
    assertThat(keyring.serverTrust()).isEmpty();
    assertThat(keyring.certificates()).isEmpty();
    assertThat(keyring.psks()).isEmpty();
    assertThat(keyring.select("a.example", _ -> true)).isEmpty();
  }

  @Test
  void theSystemsAnchorsAreTheJdks() {
    TrustConfig system = new TrustConfig.SystemDefault(new Position(Path.of("s.yaml"), 1, 1));
    KeyringLoader.Result result = KeyringLoader.load(config(new TrustConfig.None(), system), store);

    assertThat(result).isInstanceOf(KeyringLoader.Loaded.class);
    KeyringLoader.Loaded loaded = (KeyringLoader.Loaded) result;
    assertThat(loaded.warnings()).isEmpty();
    assertThat(loaded.keyring().serverTrust().orElseThrow().anchors().size()).isGreaterThan(10);
    loaded.keyring().release();
  }

  @Test
  void aCrlFileMayHaveTheCrlsOfSeveralAnchors() {
    files.write("both.crl", files.read("ca.crl") + files.read("other.crl"));

    assertThat(trusted("both.pem", "both.crl").crls()).hasSize(2);
  }

  @Test
  void filesWithoutCertificatesOrCrlsAreErrors() {
    files.write("empty", "nothing\n");
    files.write("broken", "-----BEGIN CERTIFICATE-----\nAAA*\n-----END CERTIFICATE-----\n");
    files.write("der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    files.write("der.crl", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");

    assertThat(errors(anchors("empty", "empty"), anchors("broken", "broken")))
        .containsExactly(
            "1: no certificate in empty",
            "2: no CRL in empty",
            "3: a PEM block that is no base64 in broken",
            "4: a PEM block that is no base64 in broken");
    assertThat(errors(anchors("der.pem", "der.crl")))
        .containsExactly(
            "5: a certificate that cannot be read in der.pem",
            "6: a CRL that cannot be read in der.crl");
    assertThat(errors(anchors("ca.pem", "ca.pem"))).containsExactly("8: no CRL in ca.pem");
    assertThat(errors(anchors("missing"))).singleElement().asString().contains("No such file");
  }

  @Test
  void aCrlOfSomeoneElseIsAnError() {
    assertThat(errors(anchors("ca.pem", "other.crl")))
        .containsExactly("2: CRL 1, which none of the trusted certificates issued in other.crl");
    files.write("other.crl", files.read("ca.crl") + files.read("other.crl"));
    assertThat(errors(anchors("ca.pem", "other.crl")))
        .containsExactly("4: CRL 2, which none of the trusted certificates issued in other.crl");
  }

  @Test
  void aCrlThatOnlyClaimsItsIssuerIsAnError() {
    files.write("real.pem", files.read("ca.pem"));
    files.certificate("ca", "ec:P-256", ""); // the same name, another key

    assertThat(errors(anchors("ca.pem", "ca.crl")))
        .containsExactly("2: CRL 1, which none of the trusted certificates issued in ca.crl");
    assertThat(trusted("real.pem", "ca.crl").crls()).hasSize(1);
  }

  @Test
  void anOutdatedCrlIsAWarning() {
    files.openssl(
        "ca",
        "-gencrl",
        "-config",
        "ca.cnf",
        "-cert",
        "ca.pem",
        "-keyfile",
        "ca.key",
        "-crl_lastupdate",
        "20240101000000Z",
        "-crl_nextupdate",
        "20240102000000Z",
        "-out",
        "old.crl");

    assertThat(texts(loaded(anchors("ca.pem", "old.crl")).warnings()))
        .containsExactly("2: CRL 1 outdated since 2024-01-02T00:00:00Z in old.crl");
  }

  @Test
  void anchorsThatAreOutdatedOrNoAuthorityAreWarnings() {
    files.issued("ca", "leaf", "");
    files.openssl("req", "-new", "-key", "ca.key", "-subj", "/CN=old", "-out", "old.csr");
    files.write("old.ext", "basicConstraints=CA:true\n");
    files.openssl(
        "x509",
        "-req",
        "-in",
        "old.csr",
        "-signkey",
        "ca.key",
        "-days",
        "-1",
        "-extfile",
        "old.ext",
        "-out",
        "old.pem");
    files.write("mixed.pem", files.read("ca.pem") + files.read("leaf.pem") + files.read("old.pem"));

    KeyringLoader.Loaded loaded = loaded(anchors("mixed.pem"));

    assertThat(loaded.keyring().clientTrust().orElseThrow().anchors()).hasSize(3);
    List<String> warnings = texts(loaded.warnings());
    assertThat(warnings).hasSize(2);
    assertThat(warnings.get(0))
        .isEqualTo("1: certificate 2, which is none of a certification authority in mixed.pem");
    assertThat(warnings.get(1)).startsWith("1: certificate 3 expired at 20");
  }

  @Test
  void filesBeyondTheirBoundsAreErrors() {
    String one = files.read("ca.pem");
    files.write("most.pem", one.repeat(4096));
    files.write("many.pem", one.repeat(4097));
    files.write("large.pem", one + "x".repeat((16 << 20) + 1 - one.length()));

    assertThat(errors(anchors("many.pem")))
        .containsExactly("1: more than 4096 certificates in many.pem");
    assertThat(errors(anchors("large.pem")))
        .containsExactly("2: a file of more than 16 MiB in large.pem");
    assertThat(trusted("most.pem").anchors()).hasSize(4096);
  }

  @Test
  void theDigestIsOneOfTheSetAlone() {
    files.write("reversed.pem", files.read("other.pem") + files.read("ca.pem"));
    files.write("doubled.pem", files.read("both.pem") + files.read("ca.pem"));
    byte[] digest = trusted("both.pem").digest();

    assertThat(digest).hasSize(32);
    assertThat(trusted("reversed.pem").digest()).isEqualTo(digest);
    assertThat(trusted("doubled.pem").digest()).isEqualTo(digest);
    Set<String> different = new HashSet<>();
    for (TrustSet set :
        List.of(
            trusted("both.pem"),
            trusted("ca.pem"),
            trusted("other.pem"),
            trusted("both.pem", "ca.crl"),
            trusted("both.pem", "other.crl"),
            trusted("both.pem", "ca.crl", "other.crl"),
            trusted("ca.pem", "ca.crl"))) {
      different.add(HexFormat.of().formatHex(set.digest()));
    }
    assertThat(different).hasSize(7);
    digest[0] ^= 1;
    assertThat(trusted("both.pem").digest()).isNotEqualTo(digest);
  }

  @Test
  void aSetIsImmutableAndNeverEmpty() {
    List<X509Certificate> anchors = new ArrayList<>(trusted("both.pem").anchors());
    TrustSet set = new TrustSet(store.nextSerial(), anchors, List.of());
    anchors.clear();

    assertThat(set.anchors()).hasSize(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrustSet(store.nextSerial(), anchors, List.of()));
  }
}
