package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.testing.LeakCheck;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class PeerIdentityTest {
  @TempDir private Path folder;

  private static PeerIdentity peer(int number) {
    return new PeerIdentity("CN=p", List.of(), String.format("%064x", number), Instant.EPOCH);
  }

  @Test
  void anIdentityIsWhatTheCertificateSays() throws CertificateParsingException {
    TestFiles files = new TestFiles(folder);
    files.certificate(
        "peer",
        "ec:P-256",
        "DNS:A.example,IP:10.0.0.1,URI:spiffe://example.com/a,email:a@example.com,DNS:*.b.example");
    files.openssl(
        "x509", "-in", "peer.pem", "-noout", "-fingerprint", "-sha256", "-out", "fingerprint");
    try (LocalKeyringStore store = new LocalKeyringStore()) {
      Keyring keyring = files.keyring(store, "web", "peer");
      X509Certificate leaf = keyring.certificates().getFirst().chain().getFirst();
      keyring.release();

      PeerIdentity identity = PeerIdentity.of(leaf);

      assertThat(identity.subject()).isEqualTo("CN=peer.example");
      assertThat(identity.names())
          .containsExactly("A.example", "spiffe://example.com/a", "a@example.com", "*.b.example");
      assertThat(files.read("fingerprint").strip().replace(":", ""))
          .endsWithIgnoringCase("=" + identity.sha256());
      assertThat(identity.notAfter()).isEqualTo(leaf.getNotAfter().toInstant());
    }
  }

  @Test
  void theSameCertificateGetsTheSameSerial() {
    try (LocalKeyringStore store = new LocalKeyringStore()) {
      KeySerial one = store.addPeer(peer(1));
      KeySerial two = store.addPeer(peer(2));

      assertThat(store.addPeer(peer(1))).isEqualTo(one).isNotEqualTo(two);
      assertThat(store.peer(one)).hasValue(peer(1));
      assertThat(store.peer(two)).hasValue(peer(2));
      assertThat(store.peer(KeySerial.NONE)).isEmpty();
      assertThat(store.nextSerial()).isNotIn(one, two);
    }
  }

  @Test
  void thePeerThatWasAskedForLongestAgoIsForgotten() {
    LocalKeyringStore serials = new LocalKeyringStore();
    PeerTable table = new PeerTable(3, serials::nextSerial);
    KeySerial first = table.add(peer(1));
    KeySerial second = table.add(peer(2));
    KeySerial third = table.add(peer(3));
    assertThat(table.find(first)).isPresent();
    assertThat(table.add(peer(2))).isEqualTo(second);

    table.add(peer(4));

    assertThat(table.find(third)).isEmpty();
    assertThat(table.find(first)).isPresent();
    assertThat(table.find(second)).isPresent();
    assertThat(table.add(peer(3))).isNotEqualTo(third);
    serials.close();
  }

  @Test
  void aStoreRemembersTenThousandPeersAndForgetsThemWhenItIsClosed() {
    LocalKeyringStore store = new LocalKeyringStore();
    Set<KeySerial> serials = new HashSet<>();
    for (int i = 0; i < 10_001; i++) {
      serials.add(store.addPeer(peer(i)));
    }

    assertThat(serials).hasSize(10_001);
    assertThat(serials.stream().filter(serial -> store.peer(serial).isPresent())).hasSize(10_000);
    store.close();
    assertThat(serials.stream().filter(serial -> store.peer(serial).isPresent())).isEmpty();
  }

  @Test
  void severalThreadsGetOneSerialForOnePeer() throws InterruptedException {
    LocalKeyringStore serials = new LocalKeyringStore();
    PeerTable table = new PeerTable(100, serials::nextSerial);
    Set<KeySerial> seen = ConcurrentHashMap.newKeySet();
    List<Thread> threads = List.of(adding(table, seen), adding(table, seen), adding(table, seen));
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(seen).hasSize(50);
    serials.close();
  }

  private static Thread adding(PeerTable table, Set<KeySerial> seen) {
    return Thread.ofPlatform()
        .start(() -> {
          for (int i = 0; i < 5000; i++) {
            seen.add(table.add(peer(i % 50)));
          }
        });
  }
}
