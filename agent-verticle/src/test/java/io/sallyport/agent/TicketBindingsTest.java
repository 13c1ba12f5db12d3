package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ticket.TicketBinding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What tickets are bound to, and how much of it is remembered.
class TicketBindingsTest {
  private static final LocalKeyringStore STORE = new LocalKeyringStore();

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static Keyring keyring;

  private final TicketBindings bindings = new TicketBindings();

  @BeforeAll
  static void makeKeyring() {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "DNS:site.example");
    files.certificate("other", "ec:P-256", "DNS:other.example");
    STORE.put(files.keyring(STORE, "web", "site", "other"));
    keyring = STORE.acquire("web").orElseThrow();
  }

  @AfterAll
  static void wipe() {
    keyring.release();
    STORE.close();
  }

  private static CertifiedKey key(int index) {
    return keyring.certificates().get(index);
  }

  private TicketBinding bound(TlsPolicy policy) {
    return bindings.of(keyring, policy, key(0), "site.example", null);
  }

  private static TlsPolicy policy(int number) {
    return TlsPolicy.DEFAULT.withAlpn(List.of("protocol-" + number));
  }

  @Test
  void aListenerIsRememberedOnceForEachCertificate() {
    assertThat(bound(TlsPolicy.DEFAULT)).isEqualTo(bound(TlsPolicy.DEFAULT));
    assertThat(bindings.remembered(keyring, key(0))).isEqualTo(1);
    assertThat(bindings.remembered(keyring, key(1))).isZero();
    assertThat(bindings.of(keyring, TlsPolicy.DEFAULT, key(1), "site.example", null))
        .isNotEqualTo(bound(TlsPolicy.DEFAULT));
    assertThat(bindings.remembered(keyring, key(1))).isEqualTo(1);
  }

  /// A member that was granted the keyring names its policies itself.
  @Test
  void manyPoliciesAreBoundEachToItsOwnAndNotAllRemembered() {
    int many = TicketBindings.POLICIES_MAX * 3;
    List<TicketBinding> first = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      first.add(bound(policy(i)));
    }
    assertThat(bindings.remembered(keyring, key(0))).isEqualTo(TicketBindings.POLICIES_MAX);
    for (int i = 0; i < many; i++) {
      assertThat(bound(policy(i))).as("policy %d", i).isEqualTo(first.get(i));
      assertThat(bound(policy(i))).as("policy %d", i).isNotEqualTo(first.get((i + 1) % many));
    }
    assertThat(bindings.remembered(keyring, key(0))).isEqualTo(TicketBindings.POLICIES_MAX);
  }
}
