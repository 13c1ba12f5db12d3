package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import com.hazelcast.core.HazelcastInstance;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.envelope.Opening;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringFiles;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.keyring.KeyringManifest.Entry;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.keyring.LocalSigningKey;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.LeakCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Every operation, done on one member and seen on another.
@ExtendWith(LeakCheck.class)
class KeyringOperationsTest {
  private static final KeyringCluster CLUSTER = new KeyringCluster(1);
  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static TestFiles files;

  @SuppressWarnings("NullAway.Init")
  private static HazelcastInstance member;

  @SuppressWarnings("NullAway.Init")
  private static ClusterKeyringStore one;

  @SuppressWarnings("NullAway.Init")
  private static ClusterKeyringStore two;

  @SuppressWarnings("NullAway.Init")
  private static KeyringOperations operations;

  @SuppressWarnings("NullAway.Init")
  private KeyringLog log;

  @BeforeAll
  static void startCluster() {
    files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "DNS:site.example");
    files.certificate("other", "rsa:2048", "DNS:other.example");
    files.write("psk", "5a".repeat(32));
    member = CLUSTER.start();
    HazelcastInstance second = CLUSTER.start();
    one = CLUSTER.store(member, "one", 1);
    two = CLUSTER.store(second, "two", 1);
    operations = KeyringCluster.operations(one);
  }

  @AfterAll
  static void stopCluster() {
    CLUSTER.close();
  }

  @BeforeEach
  void listen() {
    log = KeyringLog.listen();
  }

  @AfterEach
  void stopListening() {
    log.close();
  }

  private static KeyMaterial certificate(String name) {
    return switch (KeyringFiles.read(files.config("any", name))) {
      case KeyringFiles.Read read -> read.material().getFirst();
      case KeyringFiles.Rejected rejected -> throw new AssertionError(rejected.toString());
    };
  }

  private static KeyringManifest manifest(ClusterKeyringStore store, String name) {
    return store.manifest(name).orElseThrow();
  }

  private String awaitTwo(String name) throws InterruptedException {
    return log.await("two", "keyring " + name + ": version " + manifest(one, name).version());
  }

  private static void sign(ClusterKeyringStore store, String name) {
    Keyring keyring = store.acquire(name).orElseThrow();
    try {
      CertifiedKey key = keyring.certificates().getFirst();
      SignatureScheme scheme =
          key.signingKey().type().isEcdsa()
              ? SignatureScheme.ECDSA_SECP256R1_SHA256
              : SignatureScheme.RSA_PSS_RSAE_SHA256;
      assertThat(((LocalSigningKey) key.signingKey()).sign(scheme, new byte[32])).isNotEmpty();
    } finally {
      keyring.release();
    }
  }

  @Test
  void keysAddedOnOneMemberAreInServiceOnTheOther() throws Exception {
    operations.create("added", KeyringSharing.DEFAULT);
    assertThat(one.contains("added")).isTrue();
    KeySerial certificate = operations.add("added", certificate("site"));
    KeySerial psk = operations.add("added", KeyringCluster.psk("device", 7));
    awaitTwo("added");

    for (ClusterKeyringStore store : List.of(one, two)) {
      sign(store, "added");
      Keyring keyring = store.acquire("added").orElseThrow();
      CertifiedKey key = keyring.certificates().getFirst();
      assertThat(key.certificate()).isEqualTo(certificate);
      assertThat(key.privateKey().isNone()).isFalse();
      assertThat(keyring.psk(psk)).isPresent();
      assertThat(keyring.select("site.example", _ -> true)).isPresent();
      keyring.release();
      assertThat(KeyringCluster.pskHex(store, "added", "device")).isEqualTo("07".repeat(32));
      assertThat(manifest(store, "added").entries())
          .extracting(Entry::label)
          .containsExactly("CN=site.example", "device");
    }
    assertThat(KeyringCluster.keyIds(member, "added"))
        .containsExactlyInAnyOrder("added/" + certificate + "/1", "added/" + psk + "/1");
  }

  @Test
  void keysAreReplacedUnderTheirSerialAndRemoved() throws Exception {
    operations.create("changed", KeyringSharing.DEFAULT);
    KeySerial psk = operations.add("changed", KeyringCluster.psk("device", 1));
    KeySerial certificate = operations.add("changed", certificate("site"));

    operations.replace("changed", psk, KeyringCluster.psk("device", 2));
    operations.replace("changed", certificate, certificate("other"));
    awaitTwo("changed");
    assertThat(KeyringCluster.pskHex(two, "changed", "device")).isEqualTo("02".repeat(32));
    sign(two, "changed");
    assertThat(manifest(two, "changed").entries())
        .extracting(Entry::serial, Entry::version, Entry::label)
        .containsExactly(tuple(psk, 2, "device"), tuple(certificate, 2, "CN=other.example"));
    assertThat(KeyringCluster.keyIds(member, "changed"))
        .containsExactlyInAnyOrder("changed/" + psk + "/2", "changed/" + certificate + "/2");

    operations.remove("changed", psk);
    awaitTwo("changed");
    Keyring keyring = two.acquire("changed").orElseThrow();
    assertThat(keyring.psks()).isEmpty();
    keyring.release();
    assertThat(KeyringCluster.keyIds(member, "changed")).hasSize(1);
  }

  @Test
  void removedKeyringIsGoneEverywhereAndMayBeMadeAnew() throws Exception {
    operations.create("removed", KeyringSharing.DEFAULT);
    operations.add("removed", KeyringCluster.psk("device", 1));
    awaitTwo("removed");
    operations.remove("removed");
    log.await("two", "keyring removed: version", "is its removal");
    for (ClusterKeyringStore store : List.of(one, two)) {
      assertThat(store.contains("removed")).isFalse();
      assertThat(store.acquire("removed")).isEmpty();
      assertThat(store.manifest("removed")).isEmpty();
    }
    assertThat(KeyringCluster.keyIds(member, "removed")).isEmpty();
    assertThat(operations.list()).noneMatch(listed -> name(listed).equals("removed"));
    assertThatThrownBy(() -> operations.add("removed", KeyringCluster.psk("a", 1)))
        .hasMessage("found keyring removed removed, expected one");

    operations.create("removed", KeyringSharing.DEFAULT);
    awaitTwo("removed");
    assertThat(manifest(two, "removed").entries()).isEmpty();
  }

  private static String name(ListedKeyring listed) {
    return switch (listed) {
      case ListedKeyring.Opened opened -> opened.manifest().name();
      case ListedKeyring.Closed closed -> closed.name();
    };
  }

  @Test
  void grantsAreGivenAndTaken() throws Exception {
    operations.create("granted", KeyringSharing.DEFAULT);
    operations.grant("granted", "edge-1");
    operations.grant("granted", "edge-2");
    long version = manifest(one, "granted").version();
    operations.grant("granted", "edge-2");
    operations.revoke("granted", "edge-3");
    assertThat(manifest(one, "granted").version()).isEqualTo(version);
    operations.revoke("granted", "edge-1");
    awaitTwo("granted");
    assertThat(manifest(two, "granted").sharing().grants()).containsExactly("edge-2");
  }

  private static KeyringConfig config(String name, String... certificates) {
    KeyringConfig config = files.config(name, certificates);
    return new KeyringConfig(
        name,
        config.certificates(),
        new TrustConfig.Anchors(files.named("site.pem"), List.of()),
        new TrustConfig.None(),
        List.of(new PskConfig("imported", files.named("psk"))));
  }

  @Test
  void importReplacesWhatWasImportedAndLeavesWhatWasAdded() throws Exception {
    KeyringSharing relay =
        new KeyringSharing(
            KeyringSharing.Mode.RELAY, KeyringSharing.Tickets.SEALED, List.of("edge-1"));
    assertThat(operations.importConfig(config("imported", "site"), relay))
        .isInstanceOf(ImportResult.Imported.class);
    operations.add("imported", KeyringCluster.psk("by hand", 3));
    awaitTwo("imported");
    KeyringManifest before = manifest(two, "imported");
    assertThat(before.sharing()).isEqualTo(relay);
    assertThat(before.entries())
        .extracting(Entry::label)
        .containsExactly("CN=site.example", "imported", "client-ca", "by hand");

    for (ClusterKeyringStore store : List.of(one, two)) {
      assertThat(KeyringCluster.operations(store).importConfig(config("imported", "site"), relay))
          .isInstanceOf(ImportResult.Unchanged.class);
    }
    assertThat(manifest(one, "imported")).isEqualTo(before);

    assertThat(operations.importConfig(config("imported", "other", "site"), KeyringSharing.DEFAULT))
        .isInstanceOf(ImportResult.Imported.class);
    awaitTwo("imported");
    KeyringManifest after = manifest(two, "imported");
    assertThat(after.sharing()).isEqualTo(KeyringSharing.DEFAULT);
    assertThat(after.entries())
        .extracting(Entry::label)
        .containsExactly("CN=other.example", "CN=site.example", "imported", "client-ca", "by hand");
    assertThat(after.entries().getLast()).isEqualTo(before.entries().getLast());
    assertThat(KeyringCluster.keyIds(member, "imported")).hasSize(5);

    files.write("empty.pem", "");
    files.write("empty.key", "");
    assertThat(operations.importConfig(config("imported", "empty"), KeyringSharing.DEFAULT))
        .isInstanceOf(ImportResult.Rejected.class);
    assertThat(manifest(one, "imported")).isEqualTo(after);

    operations.remove("imported");
    assertThat(operations.importConfig(config("imported", "other", "site"), KeyringSharing.DEFAULT))
        .isInstanceOf(ImportResult.Unchanged.class);
    assertThat(one.contains("imported")).isFalse();
    operations.importConfig(config("imported", "site"), KeyringSharing.DEFAULT);
    assertThat(one.contains("imported")).isTrue();
  }

  @Test
  void importsOfTwoMembersAtOnceMakeOneKeyring() throws Exception {
    List<Callable<ImportResult>> imports = new ArrayList<>();
    for (ClusterKeyringStore store : List.of(one, two)) {
      KeyringConfig config = config("both", "site");
      imports.add(
          () -> KeyringCluster.operations(store).importConfig(config, KeyringSharing.DEFAULT));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<ImportResult> results = new ArrayList<>();
      for (Future<ImportResult> result : threads.invokeAll(imports)) {
        results.add(result.get());
      }
      assertThat(results).hasAtLeastOneElementOfType(ImportResult.Imported.class);
    }
    assertThat(manifest(one, "both").entries()).hasSize(3);
    assertThat(KeyringCluster.keyIds(member, "both")).hasSize(3);
  }

  /// Goal: no change is lost, and nothing is left over. Method: both members add at the same time.
  @Test
  void changesOfTwoMembersAtOnceComeOneAfterTheOther() throws Exception {
    operations.create("raced", KeyringSharing.DEFAULT);
    KeySerial shared = operations.add("raced", KeyringCluster.psk("shared", 1));
    awaitTwo("raced");
    List<Callable<Void>> adding = new ArrayList<>();
    for (ClusterKeyringStore store : List.of(one, two)) {
      String prefix = store == one ? "one-" : "two-";
      adding.add(() -> {
        KeyringOperations own = KeyringCluster.operations(store);
        for (int i = 0; i < 6; i++) {
          own.add("raced", KeyringCluster.psk(prefix + i, i));
          own.replace("raced", shared, KeyringCluster.psk("shared", i));
        }
        return null;
      });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (Future<Void> done : threads.invokeAll(adding)) {
        done.get();
      }
    }
    operations.grant("raced", "edge-1");
    KeyringManifest manifest = manifest(one, "raced");
    assertThat(manifest.entries()).hasSize(13);
    assertThat(manifest.entries().getFirst().version()).isGreaterThanOrEqualTo(13);
    assertThat(KeyringCluster.keyIds(member, "raced"))
        .hasSize(13)
        .containsExactlyInAnyOrderElementsOf(KeyringDraft.idsOf(manifest));
  }

  /// Goal: keys can be used at every moment of a rotation. Method: threads sign on both members
  /// while the data key is exchanged again and again.
  @Test
  void dataKeyIsRotatedWhileTheKeyringIsUsed() throws Exception {
    operations.create("rotated", KeyringSharing.DEFAULT);
    operations.add("rotated", certificate("site"));
    operations.add("rotated", KeyringCluster.psk("device", 9));
    awaitTwo("rotated");
    List<String> before = KeyringCluster.keyIds(member, "rotated");
    AtomicBoolean isDone = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Integer>> signing = new ArrayList<>();
      for (ClusterKeyringStore store : List.of(one, two)) {
        signing.add(
            threads.submit(() -> {
              int count = 0;
              while (!isDone.get()) {
                sign(store, "rotated");
                assertThat(KeyringCluster.pskHex(store, "rotated", "device"))
                    .isEqualTo("09".repeat(32));
                count++;
              }
              return count;
            }));
      }
      try {
        for (int i = 0; i < 5; i++) {
          operations.rotateDataKey("rotated");
          KeyringCluster.operations(two).rotateDataKey("rotated");
        }
      } finally {
        isDone.set(true);
      }
      for (Future<Integer> count : signing) {
        assertThat(count.get()).isPositive();
      }
    }
    assertThat(manifest(two, "rotated").entries())
        .extracting(Entry::version)
        .containsExactly(11, 11);
    assertThat(KeyringCluster.keyIds(member, "rotated"))
        .hasSize(2)
        .doesNotContainAnyElementsOf(before);
  }

  @Test
  void keyEncryptionKeyIsReplacedWithoutDowntime() throws Exception {
    operations.create("wrapped", KeyringSharing.DEFAULT);
    operations.add("wrapped", KeyringCluster.psk("device", 4));
    ClusterKeyringStore both = CLUSTER.store(member, "both", 2, 1);
    ClusterKeyringStore onlyNew = CLUSTER.store(member, "new", 2);
    assertThat(both.contains("wrapped")).isTrue();
    assertThat(onlyNew.contains("wrapped")).isFalse();
    log.await("new", "WARNING", "keyring wrapped", "[" + KeyringCluster.kekId(2) + "]");

    assertThat(KeyringCluster.operations(both).rewrap()).isPositive();
    assertThat(KeyringCluster.operations(both).rewrap()).isZero();
    log.await("new", "keyring wrapped: version", "in service");
    assertThat(KeyringCluster.pskHex(onlyNew, "wrapped", "device")).isEqualTo("04".repeat(32));
    // It keeps what it had, and can change it no more.
    assertThat(KeyringCluster.pskHex(one, "wrapped", "device")).isEqualTo("04".repeat(32));
    assertThatThrownBy(() -> operations.grant("wrapped", "edge-1"))
        .isInstanceOf(KeyringException.class)
        .hasMessage(
            "found the manifest of keyring wrapped wrapped under another key-encryption key,"
                + " expected one that this member can open");
    assertThat(operations.list())
        .anySatisfy(listed ->
            assertThat(listed)
                .isEqualTo(
                    new ListedKeyring.Closed(
                        "wrapped", List.of(KeyringCluster.kekId(2)), Opening.Reason.UNKNOWN_KEY)));

    // Leaves the rest of the class as it was.
    KeyringCluster.operations(CLUSTER.store(member, "back", 1, 2)).rewrap();
    log.await("one", "keyring wrapped: version", "in service");
    both.close();
    onlyNew.close();
  }

  @Test
  void whatCannotBeDoneChangesNothing() {
    operations.create("refused", KeyringSharing.DEFAULT);
    KeySerial psk = operations.add("refused", KeyringCluster.psk("device", 1));
    KeyringManifest before = manifest(one, "refused");
    List<String> keys = KeyringCluster.keyIds(member, "refused");

    assertRefused(
        () -> operations.create("refused", KeyringSharing.DEFAULT),
        "found a keyring refused, expected none of that name");
    assertRefused(
        () -> operations.create("a/b", KeyringSharing.DEFAULT),
        "found a name that no keyring can have");
    assertRefused(
        () -> operations.add("missing", KeyringCluster.psk("a", 1)),
        "found no keyring missing, expected one");
    assertRefused(
        () -> operations.add("refused", KeyringCluster.psk("device", 2)),
        "keyring refused: found a second psk of one identity, expected one");
    assertRefused(
        () -> operations.replace("refused", psk, certificate("site")),
        "found a certificate in place of serial " + psk + ", expected a psk");
    assertRefused(
        () -> operations.remove("refused", new KeySerial(-1)),
        "found no serial ffffffff in keyring refused, expected one");
    assertRefused(
        () -> operations.grant("refused", ""), "keyring refused: found a grant to a name");
    ClusterKeyringStore edge = CLUSTER.store(member, "edge");
    assertRefused(
        () -> KeyringCluster.operations(edge).create("edges", KeyringSharing.DEFAULT),
        "found no key-encryption key on this member, expected one");
    assertRefused(
        () -> KeyringCluster.operations(edge).grant("refused", "edge"),
        "found the manifest of keyring refused wrapped under another key-encryption key");

    assertThat(manifest(one, "refused")).isEqualTo(before);
    assertThat(KeyringCluster.keyIds(member, "refused")).isEqualTo(keys);
  }

  private static void assertRefused(Runnable operation, String message) {
    assertThatThrownBy(operation::run)
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("\n");
  }
}
