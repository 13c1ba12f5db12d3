package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.core.HazelcastInstance;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringFiles;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What someone can do who may write into the maps and has no key-encryption key: be noticed.
@ExtendWith(LeakCheck.class)
class KeyringTamperingTest {
  private static final KeyringCluster CLUSTER = new KeyringCluster(1);
  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static HazelcastInstance member;

  @SuppressWarnings("NullAway.Init")
  private static ClusterKeyringStore one;

  @SuppressWarnings("NullAway.Init")
  private static KeyringOperations operations;

  @SuppressWarnings("NullAway.Init")
  private KeyringLog log;

  /// Counts the members that join later.
  private int joined;

  @BeforeAll
  static void startCluster() {
    member = CLUSTER.start();
    one = CLUSTER.store(member, "one", 1);
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

  /// A keyring with the pre-shared keys `a` and `b`; their serials.
  private static List<KeySerial> keyring(String name) {
    operations.create(name, KeyringSharing.DEFAULT);
    return List.of(
        operations.add(name, KeyringCluster.psk("a", 1)),
        operations.add(name, KeyringCluster.psk("b", 2)));
  }

  private static byte[] manifest(String name) {
    return KeyringCluster.stored(KeyringCluster.manifests(member), name);
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] changed = bytes.clone();
    changed[at] ^= 1;
    return changed;
  }

  private void assertStillInService(String name) {
    assertThat(KeyringCluster.pskHex(one, name, "a")).isEqualTo("01".repeat(32));
    assertThat(KeyringCluster.pskHex(one, name, "b")).isEqualTo("02".repeat(32));
  }

  /// A member that comes later does not get it, and says why.
  private void assertNewcomerRefuses(String name, String fault) throws Exception {
    String newcomer = "newcomer" + ++joined;
    try (ClusterKeyringStore store = CLUSTER.store(member, newcomer, 1)) {
      log.await(newcomer, "WARNING keyring " + name + ": ", fault, "it is not in service here");
      assertThat(store.acquire(name)).isEmpty();
      assertThat(store.manifest(name)).isEmpty();
    }
  }

  @Test
  void everyPartOfAManifestIsGuarded() throws Exception {
    keyring("guarded");
    byte[] good = manifest("guarded");
    int name = 2;
    int version = name + "guarded".length();
    int slot = version + 8 + 1;
    int wrapped = slot + 8;
    int body = wrapped + 60;
    Map<Integer, String> faults =
        Map.ofEntries(
            Map.entry(0, "malformed"), // format
            Map.entry(1, "expected"), // length of the name
            Map.entry(name, "changed"),
            Map.entry(version + 7, "changed"),
            Map.entry(version + 8, "malformed"), // number of slots
            Map.entry(slot, "wrapped under another"), // id of the key-encryption key
            Map.entry(wrapped, "changed"), // nonce
            Map.entry(wrapped + 12, "changed"), // data key
            Map.entry(wrapped + 59, "changed"), // tag
            Map.entry(body, "changed"), // nonce
            Map.entry(body + 12, "changed"), // ciphertext
            Map.entry(good.length - 1, "changed")); // tag
    for (Map.Entry<Integer, String> fault : faults.entrySet()) {
      KeyringCluster.manifests(member).put("guarded", flipped(good, fault.getKey()));
      log.await("one", "WARNING keyring guarded", fault.getValue(), "stays in service");
      assertStillInService("guarded");
      assertNewcomerRefuses("guarded", fault.getValue());
      KeyringCluster.manifests(member).put("guarded", good);
      one.follower().follow("guarded");
    }
    KeyringCluster.manifests(member).put("guarded", Arrays.copyOf(good, good.length - 1));
    log.await("one", "changed", "stays in service");
    KeyringCluster.manifests(member).put("guarded", "no bytes");
    log.await("one", "malformed", "stays in service");
    assertThatThrownBy(() -> operations.grant("guarded", "edge"))
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith("found the manifest of keyring guarded malformed");
    // Of one that has a key for it, but was changed.
    KeyringCluster.manifests(member).put("guarded", flipped(good, good.length - 1));
    assertThatThrownBy(operations::rewrap)
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith(
            "found keyrings that cannot be wrapped anew (1), expected none; the first: found");
    KeyringCluster.manifests(member).put("guarded", good);
    assertStillInService("guarded");
  }

  @Test
  void everyPartOfAKeyIsGuarded() throws Exception {
    KeySerial serial = keyring("keys").getFirst();
    String id = "keys/" + serial + "/1";
    byte[] good = KeyringCluster.stored(KeyringCluster.keys(member), id);
    for (int at : new int[] {0, 12, good.length - 1}) {
      KeyringCluster.keys(member).put(id, flipped(good, at));
      assertNewcomerRefuses("keys", "serial " + serial + ": found a key changed");
    }
    KeyringCluster.keys(member).put(id, Arrays.copyOf(good, good.length - 1));
    assertNewcomerRefuses("keys", "serial " + serial + ": found a key changed");
    KeyringCluster.keys(member).put(id, Arrays.copyOf(good, 27));
    assertNewcomerRefuses("keys", "serial " + serial + ": found a key malformed");
    KeyringCluster.keys(member).put(id, 7L);
    assertNewcomerRefuses("keys", "serial " + serial + ": found a key malformed");
    KeyringCluster.keys(member).delete(id);
    assertNewcomerRefuses("keys", "serial " + serial + ": found nothing, expected the psk");
    assertThatThrownBy(() -> operations.rotateDataKey("keys"))
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith("found nothing for serial " + serial + " of keyring keys");
    KeyringCluster.keys(member).put(id, flipped(good, 20));
    assertThatThrownBy(() -> operations.rotateDataKey("keys"))
        .hasMessageStartingWith("found a key changed, or sealed for another place");
    assertStillInService("keys");
    assertThat(KeyringCluster.keyIds(member, "keys")).hasSize(2);

    // A change that a member can make puts it right.
    operations.replace("keys", serial, KeyringCluster.psk("a", 1));
    operations.rotateDataKey("keys");
    assertStillInService("keys");
    try (ClusterKeyringStore store = CLUSTER.store(member, "late", 1)) {
      assertThat(KeyringCluster.pskHex(store, "keys", "a")).isEqualTo("01".repeat(32));
    }
  }

  @Test
  void keysThatWereSwappedAreRefused() throws Exception {
    List<KeySerial> serials = keyring("swapped");
    String a = "swapped/" + serials.getFirst() + "/1";
    String b = "swapped/" + serials.getLast() + "/1";
    byte[] first = KeyringCluster.stored(KeyringCluster.keys(member), a);
    byte[] second = KeyringCluster.stored(KeyringCluster.keys(member), b);
    KeyringCluster.keys(member).put(a, second);
    KeyringCluster.keys(member).put(b, first);
    assertNewcomerRefuses("swapped", "found a key changed, or sealed for another place");
    KeyringCluster.keys(member).put(a, first);
    KeyringCluster.keys(member).put(b, second);

    KeySerial stranger = keyring("stranger").getFirst();
    byte[] strange =
        KeyringCluster.stored(KeyringCluster.keys(member), "stranger/" + stranger + "/1");
    KeyringCluster.keys(member).put(a, strange);
    assertNewcomerRefuses("swapped", "serial " + serials.getFirst());
    KeyringCluster.keys(member).put(a, first);

    // The key of an earlier version in the place of the one that replaced it.
    operations.replace("swapped", serials.getFirst(), KeyringCluster.psk("a", 3));
    KeyringCluster.keys(member).put("swapped/" + serials.getFirst() + "/2", first);
    assertNewcomerRefuses("swapped", "serial " + serials.getFirst() + ": found a key changed");
    KeyringCluster.manifests(member).delete("swapped");
  }

  @Test
  void manifestOfAnotherKeyringIsRefused() throws Exception {
    keyring("mine");
    keyring("yours");
    KeyringCluster.manifests(member).put("mine", manifest("yours"));
    log.await("one", "keyring mine: found a manifest changed", "stays in service");
    assertStillInService("mine");
    assertNewcomerRefuses("mine", "found a manifest changed");
    KeyringCluster.manifests(member).put("invented", manifest("yours"));
    log.await("one", "keyring invented: found a manifest changed", "not in service here");
    assertThat(one.contains("invented")).isFalse();
    KeyringCluster.manifests(member).delete("mine");
    KeyringCluster.manifests(member).delete("invented");
  }

  @Test
  void manifestThatIsRolledBackIsRefused() throws Exception {
    keyring("rolled");
    byte[] old = manifest("rolled");
    operations.grant("rolled", "edge-1");
    byte[] other = manifest("rolled");
    operations.revoke("rolled", "edge-1");
    byte[] newest = manifest("rolled");
    long version = one.manifest("rolled").orElseThrow().version();

    for (byte[] outdated : List.of(old, other)) {
      KeyringCluster.manifests(member).put("rolled", outdated);
      log.await("one", "WARNING keyring rolled: found a manifest of version", "stays in service");
      assertThat(one.manifest("rolled").orElseThrow().version()).isEqualTo(version);
      assertThatThrownBy(() -> operations.grant("rolled", "edge-2"))
          .hasMessage(
              "found an outdated manifest of keyring rolled, expected version "
                  + (version + 1)
                  + " or later");
    }
    // Another manifest of the same version, as one that lost a race.
    KeyringCluster.manifests(member).put("rolled", other);
    operationsOfNewcomer().revoke("rolled", "edge-1");
    assertThat(manifest("rolled")).isNotEqualTo(newest);
    log.await("one", "found a manifest of version " + version + ", expected version");
    KeyringCluster.manifests(member).put("rolled", newest);
    operations.grant("rolled", "edge-3");
    assertStillInService("rolled");
  }

  private KeyringOperations operationsOfNewcomer() {
    return KeyringCluster.operations(CLUSTER.store(member, "newcomer" + ++joined, 1));
  }

  @Test
  void keyringThatIsSimplyGoneStaysInService() throws Exception {
    keyring("gone");
    byte[] last = manifest("gone");
    KeyringCluster.manifests(member).delete("gone");
    log.await("one", "WARNING keyring gone: found no manifest", "stays in service");
    assertStillInService("gone");
    KeyringCluster.manifests(member).put("gone", last);
    operations.remove("gone");
    assertThat(one.contains("gone")).isFalse();

    KeyringCluster.manifests(member).put("gone", last);
    log.await("one", "keyring gone: found a manifest of version", "not in service here");
    assertThat(one.contains("gone")).isFalse();
    // Made anew by a member that never saw it, it is newer than what others remember.
    KeyringCluster.manifests(member).delete("gone");
    operationsOfNewcomer().create("gone", KeyringSharing.DEFAULT);
    log.await("one", "INFO keyring gone: version", "in service");
  }

  /// Goal: no secret is in the maps. Method: every byte of every value is searched for the private
  /// key, the pre-shared key and the data keys, after every kind of operation. The same search
  /// finds what is there, and finds a secret that is put there.
  @Test
  void mapsHoldNoSecret() throws Exception {
    List<byte[]> dataKeys = new ArrayList<>();
    SecureRandom recording =
        new SecureRandom() {
          private static final long serialVersionUID = 1;

          @Override
          public void nextBytes(byte[] bytes) {
            super.nextBytes(bytes);
            if (bytes.length == 32) {
              dataKeys.add(bytes.clone());
            }
          }
        };
    KeyringOperations recorded = new KeyringOperations(one, recording, InstantSource.system());
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "DNS:site.example");
    files.openssl("pkey", "-in", "site.key", "-outform", "DER", "-out", "site.der");
    byte[] pkcs8 = Files.readAllBytes(files.path("site.der"));
    // PKCS#8 of a P-256 key: the private number is the 32 bytes behind its tag 04 20.
    int at = HexFormat.of().formatHex(pkcs8).indexOf("0420") / 2 + 2;
    byte[] privateKey = Arrays.copyOfRange(pkcs8, at, at + 32);
    byte[] psk = new byte[32];
    recording.nextBytes(psk);
    dataKeys.clear();

    recorded.create("secret", KeyringSharing.DEFAULT);
    recorded.importConfig(files.config("secret", "site"), KeyringSharing.DEFAULT);
    KeySerial serial =
        recorded.add(
            "secret", new KeyMaterial.PreShared("device", SecretBytes.wiping(psk.clone())));
    recorded.rotateDataKey("secret");
    recorded.add("secret", certificate(files));
    recorded.rewrap();

    assertThat(dataKeys).hasSize(2);
    List<byte[]> secrets = new ArrayList<>(dataKeys);
    secrets.addAll(List.of(privateKey, psk, new byte[] {1, 1, 1, 1, 1, 1, 1, 1}));
    for (byte[] secret : secrets) {
      assertThat(found(secret)).isFalse();
      assertThat(found(Arrays.copyOf(secret, 8))).isFalse();
    }
    assertThat(found("secret".getBytes(StandardCharsets.US_ASCII))).isTrue();
    assertThat(found(HexFormat.of().parseHex(KeyringCluster.kekId(1)))).isTrue();
    KeyringCluster.keys(member).put("planted/" + serial + "/1", psk);
    assertThat(found(psk)).isTrue();
    KeyringCluster.keys(member).delete("planted/" + serial + "/1");
  }

  private static KeyMaterial certificate(TestFiles files) {
    return switch (KeyringFiles.read(files.config("any", "site"))) {
      case KeyringFiles.Read read -> read.material().getFirst();
      case KeyringFiles.Rejected rejected -> throw new AssertionError(rejected.toString());
    };
  }

  private static boolean found(byte[] wanted) {
    List<Object> values = new ArrayList<>(KeyringCluster.manifests(member).values());
    values.addAll(KeyringCluster.keys(member).values());
    values.addAll(KeyringCluster.serials(member).values());
    return values.stream().anyMatch(value -> value instanceof byte[] bytes && has(bytes, wanted));
  }

  private static boolean has(byte[] bytes, byte[] wanted) {
    for (int at = 0; at <= bytes.length - wanted.length; at++) {
      if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
        return true;
      }
    }
    return false;
  }
}
