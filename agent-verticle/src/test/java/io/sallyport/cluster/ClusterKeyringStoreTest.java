package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.core.HazelcastInstance;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringEntry;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.testing.LeakCheck;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ClusterKeyringStoreTest {
  private KeyringCluster cluster = new KeyringCluster(1);

  @SuppressWarnings("NullAway.Init")
  private KeyringLog log;

  @BeforeEach
  void listen() {
    log = KeyringLog.listen();
  }

  @AfterEach
  void stopCluster() {
    log.close();
    cluster.close();
  }

  private static PeerIdentity peer(int number) {
    return new PeerIdentity(
        "CN=peer", List.of(), "%064x".formatted(number), Instant.parse("2030-01-01T00:00:00Z"));
  }

  @Test
  void memberWithAnotherKeySaysSoOnceAndOneWithoutSaysNothing() throws Exception {
    HazelcastInstance member = cluster.start();
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeyringOperations operations = KeyringCluster.operations(one);
    operations.create("web", KeyringSharing.DEFAULT);
    operations.add("web", KeyringCluster.psk("device", 1));
    ClusterKeyringStore other = cluster.store(member, "other", 2);
    ClusterKeyringStore edge = cluster.store(member, "edge");
    operations.grant("web", "edge");
    other.follower().follow("web");

    for (ClusterKeyringStore store : List.of(other, edge)) {
      assertThat(store.contains("web")).isFalse();
      assertThat(store.acquire("web")).isEmpty();
      assertThat(store.manifest("web")).isEmpty();
    }
    assertThat(log.all().stream().filter(line -> !line.startsWith("one ")))
        .containsExactly(
            "other WARNING keyring web: found a manifest wrapped under another key-encryption key,"
                + " expected one of ["
                + KeyringCluster.kekId(2)
                + "]; it is not in service here");
  }

  @Test
  void serialsAreUniqueInTheClusterAndTakenByTheBlock() {
    HazelcastInstance member = cluster.start();
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    ClusterKeyringStore two = cluster.store(member, "two");
    Set<KeySerial> serials = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      serials.add(one.nextSerial());
      serials.add(two.nextSerial());
    }
    assertThat(serials).hasSize(20_000).doesNotContain(KeySerial.NONE);

    // Behind whatever their threads still take in reserve.
    one.follower().follow("none");
    two.follower().follow("none");
    Object before = KeyringCluster.serials(member).get("next");
    KeySerial peer = two.addPeer(peer(0));
    for (int i = 1; i < 100; i++) {
      two.addPeer(peer(i));
    }
    assertThat(two.addPeer(peer(0))).isEqualTo(peer);
    assertThat(serials).doesNotContain(peer);
    assertThat(two.peer(peer)).contains(peer(0));
    assertThat(one.peer(peer)).isEmpty();
    assertThat(KeyringCluster.serials(member).get("next")).isEqualTo(before);
  }

  @Test
  void lastSerialIsFollowedByAnError() {
    HazelcastInstance member = cluster.start();
    KeyringCluster.serials(member).put("next", (1L << 32) - SerialBlocks.BLOCK_LENGTH);
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeySerial last = KeySerial.NONE;
    for (int i = 0; i < SerialBlocks.BLOCK_LENGTH; i++) {
      last = one.nextSerial();
      assertThat(last.isNone()).isFalse();
    }
    assertThat(last).isEqualTo(new KeySerial(-1));
    assertThatThrownBy(one::nextSerial)
        .isInstanceOf(KeyringException.class)
        .hasMessageEndingWith("the cluster has used up its serials");
    assertThatThrownBy(() -> one.addPeer(peer(1))).isInstanceOf(KeyringException.class);
  }

  @Test
  void counterThatWasLostGivesNoSerialTwice() {
    HazelcastInstance member = cluster.start();
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeyringOperations operations = KeyringCluster.operations(one);
    operations.create("web", KeyringSharing.DEFAULT);
    KeySerial psk = operations.add("web", KeyringCluster.psk("device", 1));
    for (Object lost : new Object[] {1L, "no number"}) {
      KeyringCluster.serials(member).put("next", lost);
      ClusterKeyringStore late = cluster.store(member, "late", 1);
      assertThat(late.nextSerial().number()).isGreaterThan(psk.number());
    }
  }

  @Test
  void memberThatIsCutOffServesWhatItHasAndChangesNothing() throws Exception {
    cluster.close();
    cluster = new KeyringCluster(2);
    HazelcastInstance member = cluster.start();
    HazelcastInstance leaving = cluster.start();
    cluster.awaitQuorum(true);
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeyringOperations operations = KeyringCluster.operations(one);
    operations.create("web", KeyringSharing.DEFAULT);
    operations.add("web", KeyringCluster.psk("device", 1));
    leaving.getLifecycleService().terminate();
    cluster.awaitQuorum(false);

    String fault = "found fewer members than the quorum, expected more: keys change when";
    assertThatThrownBy(() -> operations.add("web", KeyringCluster.psk("more", 1)))
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith(fault);
    assertThatThrownBy(() -> operations.create("more", KeyringSharing.DEFAULT))
        .hasMessageStartingWith(fault);
    assertThatThrownBy(() -> operations.grant("web", "edge")).hasMessageStartingWith(fault);
    assertThat(KeyringCluster.pskHex(one, "web", "device")).isEqualTo("01".repeat(32));
    Set<KeySerial> peers = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      peers.add(one.addPeer(peer(i)));
    }
    assertThat(peers).hasSize(2000);

    cluster.start();
    cluster.awaitQuorum(true);
    operations.add("web", KeyringCluster.psk("more", 2));
    assertThat(KeyringCluster.pskHex(one, "web", "more")).isEqualTo("02".repeat(32));
  }

  @Test
  void keyringsOutliveTheMemberThatMadeThem() throws Exception {
    HazelcastInstance first = cluster.start();
    HazelcastInstance second = cluster.start();
    KeyringOperations operations = KeyringCluster.operations(cluster.store(first, "one", 1));
    operations.create("web", KeyringSharing.DEFAULT);
    operations.add("web", KeyringCluster.psk("device", 1));
    first.getLifecycleService().terminate();

    ClusterKeyringStore two = cluster.store(second, "two", 1);
    assertThat(KeyringCluster.pskHex(two, "web", "device")).isEqualTo("01".repeat(32));
    KeyringCluster.operations(two).rotateDataKey("web");
    assertThat(KeyringCluster.pskHex(two, "web", "device")).isEqualTo("01".repeat(32));
  }

  @Test
  void ownKeyringHidesOneOfTheClusterUntilItIsRemoved() throws Exception {
    HazelcastInstance member = cluster.start();
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeyringOperations operations = KeyringCluster.operations(one);
    operations.create("web", KeyringSharing.DEFAULT);
    operations.add("web", KeyringCluster.psk("device", 1));
    one.put(own("web"));
    one.put(own("mine"));
    operations.grant("web", "edge");
    assertThat(KeyringCluster.pskHex(one, "web", "device")).isEqualTo("0f".repeat(32));
    assertThat(one.contains("mine")).isTrue();
    assertThat(KeyringCluster.manifests(member).keySet()).containsExactly("web");

    log.all();
    one.remove("web");
    log.await("one", "keyring web: version", "in service");
    assertThat(KeyringCluster.pskHex(one, "web", "device")).isEqualTo("01".repeat(32));
    one.remove("web");
    one.remove("mine");
    assertThat(one.contains("web")).isTrue();
    assertThat(one.contains("mine")).isFalse();
  }

  private static Keyring own(String name) throws Exception {
    return Keyring.of(
        name,
        List.of(
            new KeyringEntry(new KeySerial(-1), KeySerial.NONE, KeyringCluster.psk("device", 15))));
  }

  @Test
  void closedStoreHasNothing() {
    HazelcastInstance member = cluster.start();
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeyringOperations operations = KeyringCluster.operations(one);
    operations.create("web", KeyringSharing.DEFAULT);
    one.close();
    one.close();
    assertThat(one.contains("web")).isFalse();
    assertThatThrownBy(() -> operations.grant("web", "edge"))
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith("found a closed keyring store");
  }

  @Test
  void clusterThatStoppedIsAnError() {
    HazelcastInstance member = cluster.start();
    ClusterKeyringStore one = cluster.store(member, "one", 1);
    KeyringOperations operations = KeyringCluster.operations(one);
    operations.create("web", KeyringSharing.DEFAULT);
    operations.add("web", KeyringCluster.psk("device", 1));
    member.getLifecycleService().terminate();
    assertThatThrownBy(operations::list)
        .isInstanceOf(KeyringException.class)
        .hasMessageStartingWith("found no answer from the cluster (");
    assertThat(KeyringCluster.pskHex(one, "web", "device")).isEqualTo("01".repeat(32));
  }
}
