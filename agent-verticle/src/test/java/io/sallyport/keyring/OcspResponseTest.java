package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// OCSP responses as `openssl` and mistakes make them.
@ExtendWith(LeakCheck.class)
class OcspResponseTest {
  private final LocalKeyringStore store = new LocalKeyringStore();
  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init")
  private TestFiles files;

  @BeforeEach
  void makeFiles() {
    files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.issued("ca", "leaf", "DNS:leaf.example");
    files.write("chain.pem", files.read("leaf.pem") + files.read("ca.pem"));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private KeyringLoader.Result load(String chain, String ocsp) {
    CertificateConfig certificate =
        new CertificateConfig(
            files.named(chain),
            files.named("leaf.key"),
            new StaplingConfig.Staple(files.named(ocsp)));
    TrustConfig none = new TrustConfig.None();
    return KeyringLoader.load(
        new KeyringConfig("web", List.of(certificate), none, none, List.of()), store);
  }

  private KeyringLoader.Loaded loaded(String chain, String ocsp) {
    KeyringLoader.Result result = load(chain, ocsp);
    assertThat(result).isInstanceOf(KeyringLoader.Loaded.class);
    KeyringLoader.Loaded loaded = (KeyringLoader.Loaded) result;
    store.put(loaded.keyring());
    return loaded;
  }

  private static OcspResponse response(KeyringLoader.Loaded loaded) {
    return loaded.keyring().certificates().getFirst().ocsp().orElseThrow();
  }

  private void assertError(String chain, String ocsp, String found) {
    KeyringLoader.Result result = load(chain, ocsp);
    assertThat(result).isInstanceOf(KeyringLoader.Rejected.class);
    List<ConfigError> errors = ((KeyringLoader.Rejected) result).errors();
    assertThat(errors).hasSize(1);
    assertThat(errors.getFirst().found()).isEqualTo(found + " in " + files.path(ocsp));
    assertThat(errors.getFirst().position().line() % 3).isZero(); // the third file of its keyring
  }

  @Test
  void aGoodResponseIsStapledAsItIs() throws IOException {
    files.ocsp("ca", "leaf", "V", "-ndays", "1");
    for (String chain : List.of("leaf.pem", "chain.pem")) {
      KeyringLoader.Loaded loaded = loaded(chain, "leaf.ocsp");

      assertThat(loaded.warnings()).isEmpty();
      assertThat(response(loaded).stapledAt(Instant.now()))
          .hasValue(Files.readAllBytes(files.path("leaf.ocsp")));
    }
  }

  @Test
  void aKeyWithoutAResponseHasNone() {
    Keyring keyring = files.keyring(store, "web", "leaf");
    store.put(keyring);

    assertThat(keyring.certificates().getFirst().ocsp()).isEmpty();
  }

  @Test
  void aResponseThatSaysNothingGoodIsAnError() {
    files.ocsp("ca", "leaf", "R", "-ndays", "1");
    assertError("chain.pem", "leaf.ocsp", "an OCSP response that says revoked");
    files.issued("ca", "unknown", "");
    files.ocsp("ca", "unknown", "V", "-ndays", "1");
    files.write("leaf.index", files.read("unknown.index"));
    files.openssl(
        "ocsp",
        "-index",
        "leaf.index",
        "-rsigner",
        "ca.pem",
        "-rkey",
        "ca.key",
        "-CA",
        "ca.pem",
        "-issuer",
        "ca.pem",
        "-cert",
        "leaf.pem",
        "-noverify",
        "-ndays",
        "1",
        "-respout",
        "leaf.ocsp");
    assertError("chain.pem", "leaf.ocsp", "an OCSP response that says unknown");
  }

  @Test
  void aResponseAboutAnotherCertificateIsAnError() {
    files.issued("ca", "other", "");
    files.ocsp("ca", "other", "V", "-ndays", "1");

    assertError("chain.pem", "other.ocsp", "an OCSP response about another certificate");
    assertError("leaf.pem", "other.ocsp", "an OCSP response about another certificate");
  }

  @Test
  void aResponseOfAnotherIssuerIsAnErrorWhenTheIssuerIsKnown() {
    files.certificate("ca", "ec:P-256", ""); // the same name, another key
    files.ocsp("ca", "leaf", "V", "-ndays", "1");

    assertError("chain.pem", "leaf.ocsp", "an OCSP response about another certificate");
    assertThat(loaded("leaf.pem", "leaf.ocsp").warnings()).isEmpty();
  }

  @Test
  void anOutdatedResponseIsAWarningAndNotStapled() throws IOException {
    files.ocsp("ca", "leaf", "V", "-ndays", "1");
    byte[] der = Files.readAllBytes(files.path("leaf.ocsp"));
    // producedAt, thisUpdate and nextUpdate, in this order.
    Matcher times =
        Pattern.compile("\\d{14}Z").matcher(new String(der, StandardCharsets.ISO_8859_1));
    assertThat(times.results().limit(3)).hasSize(3);
    times.reset();
    for (int i = 0; i < 3 && times.find(); i++) {
      der[times.start() + 3] = '4'; // 2024
    }
    Files.write(files.path("leaf.ocsp"), der);

    KeyringLoader.Loaded loaded = loaded("chain.pem", "leaf.ocsp");

    assertThat(loaded.warnings()).hasSize(1);
    assertThat(loaded.warnings().getFirst().found())
        .startsWith("an OCSP response outdated since 2024-");
    assertThat(response(loaded).stapledAt(Instant.now())).isEmpty();
  }

  @Test
  void aResponseWithoutAnEndIsAWarningAndStapled() {
    files.ocsp("ca", "leaf", "V");

    KeyringLoader.Loaded loaded = loaded("chain.pem", "leaf.ocsp");

    assertThat(loaded.warnings()).hasSize(1);
    assertThat(loaded.warnings().getFirst().found())
        .startsWith("an OCSP response that holds for ever");
    assertThat(response(loaded).stapledAt(Instant.now())).isPresent();
  }

  @Test
  void aResponseIsStapledWhileItHolds() {
    Instant from = Instant.parse("2026-01-01T00:00:00Z");
    Instant to = from.plusSeconds(3600);

    assertThat(isStapled(from, to, from)).isTrue();
    assertThat(isStapled(from, to, to)).isTrue();
    assertThat(isStapled(from, to, to.plusMillis(1))).isFalse();
    assertThat(isStapled(from, to, from.minus(Duration.ofMinutes(5)))).isTrue();
    assertThat(isStapled(from, to, from.minus(Duration.ofMinutes(5)).minusMillis(1))).isFalse();
    assertThat(isStapled(from, null, to.plus(Duration.ofDays(10_000)))).isTrue();
  }

  private static boolean isStapled(Instant thisUpdate, @Nullable Instant nextUpdate, Instant now) {
    return new OcspResponse(new byte[1], thisUpdate, nextUpdate).stapledAt(now).isPresent();
  }

  @Test
  void filesThatAreNoResponseAreErrors() throws IOException {
    files.write("text.ocsp", "-----BEGIN OCSP RESPONSE-----\n");
    files.write("empty.ocsp", "");
    files.write("large.ocsp", "x".repeat((1 << 16) + 1));
    // An OCSPResponse { responseStatus tryLater }, RFC 6960 §4.2.1.
    Files.write(files.path("later.ocsp"), new byte[] {0x30, 3, 0x0A, 1, 3});

    assertError("chain.pem", "text.ocsp", "an OCSP response that cannot be read");
    assertError("chain.pem", "empty.ocsp", "an OCSP response that cannot be read");
    assertError("chain.pem", "large.ocsp", "a file of more than 64 KiB");
    assertError("chain.pem", "later.ocsp", "an OCSP response of status 3");
  }

  @Test
  void everyTruncationAndAFlippedBitInEachByteAreJudged() throws IOException, CertificateException {
    files.ocsp("ca", "leaf", "V", "-ndays", "1");
    byte[] good = Files.readAllBytes(files.path("leaf.ocsp"));
    List<X509Certificate> chain;
    try (PemFile pem = PemFile.read(files.path("chain.pem"), PemFile.LENGTH_MAX)) {
      chain = pem.certificates();
    }
    for (int length = 0; length < good.length; length++) {
      assertThat(isGood(Arrays.copyOf(good, length), chain)).as("cut at %d", length).isFalse();
    }
    assertThat(isGood(Arrays.copyOf(good, good.length + 1), chain)).isFalse();
    assertThat(isGood(good, chain)).isTrue();
    for (int at = 0; at < good.length; at++) {
      byte[] changed = good.clone();
      changed[at] ^= (byte) (1 << (at % 8));
      isGood(changed, chain); // throws nothing
    }
  }

  private static boolean isGood(byte[] der, List<X509Certificate> chain) {
    try {
      assertThat(OcspFile.response(der, chain).stapledAt(Instant.now())).isNotNull();
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
