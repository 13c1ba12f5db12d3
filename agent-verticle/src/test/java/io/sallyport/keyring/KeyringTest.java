package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.LeakCheck;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class KeyringTest {
  @TempDir private static Path folder;
  private static final LocalKeyringStore STORE = new LocalKeyringStore();

  @SuppressWarnings("NullAway.Init")
  private static Keyring keyring;

  @SuppressWarnings("NullAway.Init")
  private static TestFiles files;

  @BeforeAll
  static void makeKeyring() {
    files = new TestFiles(folder);
    files.certificate("default", "rsa:2048", "DNS:default.example");
    files.certificate("wild", "ec:P-256", "DNS:*.example.net,DNS:example.net");
    files.certificate("exact-rsa", "rsa:2048", "DNS:a.example.net,DNS:both.example");
    files.certificate("exact-ec", "ec:P-384", "DNS:both.example");
    files.certificate("cn", "ec:P-256", "");
    files.certificate("san-only", "ec:P-256", "DNS:other.example");
    keyring =
        files.keyring(STORE, "web", "default", "wild", "exact-rsa", "exact-ec", "cn", "san-only");
    STORE.put(keyring);
  }

  @AfterAll
  static void close() {
    STORE.close();
  }

  private static String selected(@Nullable String serverName) {
    return name(keyring.select(serverName, _ -> true));
  }

  private static String name(Optional<CertifiedKey> key) {
    return key.map(
            found -> found.chain().getFirst().getSubjectX500Principal().getName().substring(3))
        .orElse("none");
  }

  @Test
  void theFirstCertificateIsForNoNameAndForUnknownOnes() {
    assertThat(selected(null)).isEqualTo("default.example");
    assertThat(selected("unknown.example")).isEqualTo("default.example");
  }

  @Test
  void anExactNameBeatsAWildcard() {
    assertThat(selected("a.example.net")).isEqualTo("exact-rsa.example");
    assertThat(selected("b.example.net")).isEqualTo("wild.example");
    assertThat(selected("example.net")).isEqualTo("wild.example");
  }

  @Test
  void aWildcardIsForOneLabel() {
    assertThat(selected("a.b.example.net")).isEqualTo("default.example");
    assertThat(selected(".example.net")).isEqualTo("default.example");
  }

  @Test
  void ecdsaBeatsRsaUnlessItIsUnusable() {
    assertThat(selected("both.example")).isEqualTo("exact-ec.example");
    assertThat(name(keyring.select("both.example", key -> !key.signingKey().type().isEcdsa())))
        .isEqualTo("exact-rsa.example");
  }

  @Test
  void aCommonNameCountsOnlyWithoutSubjectAltName() {
    assertThat(selected("cn.example")).isEqualTo("cn.example");
    assertThat(selected("san-only.example")).isEqualTo("default.example");
  }

  @Test
  void anotherNamesCertificateIsNoStopgap() {
    assertThat(name(keyring.select("cn.example", key -> !key.signingKey().type().isEcdsa())))
        .isEqualTo("none");
    assertThat(name(keyring.select(null, key -> key.signingKey().type().isEcdsa())))
        .isEqualTo("wild.example");
  }

  @Test
  void keysLiveAsLongAsSomeoneHoldsTheKeyring() {
    try (LocalKeyringStore store = new LocalKeyringStore()) {
      store.put(files.keyring(store, "short", "cn"));
      Keyring held = store.acquire("short").orElseThrow();
      LocalSigningKey key = (LocalSigningKey) held.certificates().getFirst().signingKey();
      store.put(files.keyring(store, "short", "cn"));
      assertThat(key.sign(SignatureScheme.ECDSA_SECP256R1_SHA256, new byte[32])).isNotEmpty();
      held.release();
      assertThatThrownBy(() -> key.sign(SignatureScheme.ECDSA_SECP256R1_SHA256, new byte[32]))
          .isInstanceOf(IllegalStateException.class);
      assertThat(held.retain()).isFalse();
      assertThatThrownBy(held::release).isInstanceOf(IllegalStateException.class);
      store.remove("short");
      assertThat(store.acquire("short")).isEmpty();
      assertThat(store.contains("short")).isFalse();
    }
  }

  @Test
  void serialsAreUniqueAndNeverNone() {
    try (LocalKeyringStore store = new LocalKeyringStore()) {
      assertThat(store.nextSerial()).isNotEqualTo(KeySerial.NONE).isNotEqualTo(store.nextSerial());
      assertThat(new KeySerial(0xCAFE).toString()).isEqualTo("0000cafe");
    }
  }
}
