package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.LocalSigningKey;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.keyring.TestFiles;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldKeyringsTest {
  private static final Set<String> WEB = Set.of("web");

  @TempDir private Path folder;

  @Test
  void aKeyThatWasReplacedSignsForASecondMoreAndIsGoneThen() {
    TestFiles files = new TestFiles(folder);
    files.certificate("old", "ec:P-256", "DNS:site.example");
    files.certificate("new", "ec:P-256", "DNS:site.example");
    try (KeyringStore store = new LocalKeyringStore()) {
      HeldKeyrings held = new HeldKeyrings(store);
      Keyring old = files.keyring(store, "web", "old");
      Predicate<CertifiedKey> isOld = isOf(old);
      store.put(old);
      held.look(WEB);
      Keyring next = files.keyring(store, "web", "new");
      Predicate<CertifiedKey> isNew = isOf(next);
      store.put(next);

      assertThat(signs(held, isOld)).as("before anybody has looked").isTrue();
      assertThat(signs(held, isNew)).isTrue();
      held.look(WEB);
      held.look(WEB);
      assertThat(signs(held, isOld)).isTrue();
      held.look(WEB);
      assertThat(signs(held, isOld)).isFalse();
      assertThat(old.retain()).as("somebody holds it").isFalse();
      assertThat(signs(held, isNew)).isTrue();

      held.close();
      store.remove("web");
      assertThat(next.retain()).as("somebody holds it").isFalse();
    }
  }

  @Test
  void whatNobodyMayUseAnyMoreIsGivenUp() {
    TestFiles files = new TestFiles(folder);
    files.certificate("old", "ec:P-256", "DNS:site.example");
    try (KeyringStore store = new LocalKeyringStore()) {
      HeldKeyrings held = new HeldKeyrings(store);
      Keyring old = files.keyring(store, "web", "old");
      store.put(old);
      held.look(WEB);
      store.remove("web");
      for (int i = 0; i < 3; i++) {
        held.look(Set.of());
      }
      assertThat(old.retain()).as("somebody holds it").isFalse();
    }
  }

  private static Predicate<CertifiedKey> isOf(Keyring keyring) {
    String sha256 = keyring.certificates().getFirst().sha256();
    return key -> key.sha256().equals(sha256);
  }

  private static boolean signs(HeldKeyrings held, Predicate<CertifiedKey> wanted) {
    Optional<Keyring> keyring = held.acquire("web", wanted);
    if (keyring.isEmpty()) {
      return false;
    }
    CertifiedKey key = keyring.get().certificates().getFirst();
    byte[] signature =
        ((LocalSigningKey) key.signingKey())
            .sign(SignatureScheme.ECDSA_SECP256R1_SHA256, new byte[32]);
    keyring.get().release();
    return signature.length > 0;
  }
}
