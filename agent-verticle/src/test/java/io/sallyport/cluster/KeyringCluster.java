package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.config.SplitBrainProtectionListenerConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import com.hazelcast.splitbrainprotection.SplitBrainProtection;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionEvent;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import io.sallyport.envelope.KeyEncryptionKey;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.ktls.SecretBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/// A cluster of members in this process, on the loopback, and the stores that were opened on it.
final class KeyringCluster implements AutoCloseable {
  // Held, since the JDK holds loggers weakly.
  private static final Logger HAZELCAST = Logger.getLogger("com.hazelcast");

  private static final String QUORUM = "quorum";

  private final String name = "test-" + UUID.randomUUID();
  private final int quorum;
  private final List<String> addresses = new ArrayList<>();
  private final List<HazelcastInstance> members = new ArrayList<>();
  private final BlockingQueue<SplitBrainProtectionEvent> quorumEvents = new LinkedBlockingQueue<>();
  private final List<Runnable> opened = new ArrayList<>();

  /// @param quorum members that must be there for a write
  KeyringCluster(int quorum) {
    this.quorum = quorum;
    HAZELCAST.setLevel(Level.SEVERE);
  }

  /// One more member.
  HazelcastInstance start() {
    int port = freePort();
    addresses.add("127.0.0.1:" + port);
    Config config = new Config();
    config.setClusterName(name);
    config.setProperty("hazelcast.logging.type", "jdk");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.partition.count", "31");
    config.setProperty("hazelcast.operation.thread.count", "2");
    config.setProperty("hazelcast.io.thread.count", "1");
    config.setProperty("hazelcast.event.thread.count", "1");
    config.getJetConfig().setEnabled(false);
    NetworkConfig network = config.getNetworkConfig();
    network.setPort(port).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = network.getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).setMembers(List.copyOf(addresses));
    MapConfig maps = new MapConfig("sallyport.*").setBackupCount(1);
    if (quorum > 1) {
      maps.setSplitBrainProtectionName(QUORUM);
      config.addSplitBrainProtectionConfig(
          new SplitBrainProtectionConfig(QUORUM, true, quorum)
              .setProtectOn(SplitBrainProtectionOn.WRITE)
              .addListenerConfig(new SplitBrainProtectionListenerConfig(quorumEvents::add)));
    }
    config.addMapConfig(maps);
    HazelcastInstance member = Hazelcast.newHazelcastInstance(config);
    members.add(member);
    return member;
  }

  /// Waits until the first member sees the quorum, or sees it no more. Looks for itself as well:
  /// nobody is told when the quorum is seen for the first time.
  void awaitQuorum(boolean isThere) throws InterruptedException {
    SplitBrainProtection protection =
        members.getFirst().getSplitBrainProtectionService().getSplitBrainProtection(QUORUM);
    for (int i = 0; i < 300 && protection.hasMinimumSize() != isThere; i++) {
      quorumEvents.poll(100, TimeUnit.MILLISECONDS);
    }
    assertThat(protection.hasMinimumSize()).isEqualTo(isThere);
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A store with key-encryption keys of 32 times each of these bytes.
  ClusterKeyringStore store(HazelcastInstance member, String memberName, int... keys) {
    KeyEncryptionKeys ring =
        new KeyEncryptionKeys(Arrays.stream(keys).mapToObj(KeyringCluster::kek).toList());
    ClusterKeyringStore store = ClusterKeyringStore.open(member, ring, memberName);
    opened.addFirst(ring::close);
    opened.addFirst(store::close);
    return store;
  }

  static KeyringOperations operations(ClusterKeyringStore store) {
    return new KeyringOperations(store, new SecureRandom(), InstantSource.system());
  }

  private static KeyEncryptionKey kek(int fill) {
    return KeyEncryptionKey.of(filled(32, fill), new SecureRandom());
  }

  static String kekId(int fill) {
    try (KeyEncryptionKey key = kek(fill)) {
      return key.id();
    }
  }

  private static SecretBytes filled(int length, int fill) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) fill);
    return SecretBytes.wiping(bytes);
  }

  /// A pre-shared key of 32 times this byte.
  static KeyMaterial psk(String identity, int fill) {
    return new KeyMaterial.PreShared(identity, filled(32, fill));
  }

  /// The secret of such a key, in hexadecimal digits.
  static String pskHex(ClusterKeyringStore store, String keyring, String identity) {
    var held = store.acquire(keyring).orElseThrow();
    try (SecretBytes secret =
        held.psk(identity.getBytes(StandardCharsets.UTF_8)).orElseThrow().secret()) {
      byte[] bytes = new byte[secret.length()];
      secret.reveal().getBytes(0, bytes);
      return HexFormat.of().formatHex(bytes);
    } finally {
      held.release();
    }
  }

  static IMap<String, Object> manifests(HazelcastInstance member) {
    return member.getMap("sallyport.keyrings");
  }

  static IMap<String, Object> keys(HazelcastInstance member) {
    return member.getMap("sallyport.keys");
  }

  static IMap<String, Object> serials(HazelcastInstance member) {
    return member.getMap("sallyport.serials");
  }

  /// What must be there.
  static byte[] stored(IMap<String, Object> map, String id) {
    return (byte[]) Objects.requireNonNull(map.get(id), id);
  }

  /// Ids of all stored keys of a keyring.
  static List<String> keyIds(HazelcastInstance member, String keyring) {
    return keys(member).keySet().stream()
        .filter(id -> id.startsWith(keyring + "/"))
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    opened.forEach(Runnable::run);
    opened.clear();
    members.forEach(HazelcastInstance::shutdown);
  }
}
