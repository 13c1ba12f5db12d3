package io.sallyport.cluster;

import com.hazelcast.core.HazelcastInstance;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.PeerIdentity;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The keyrings of a cluster, as one member can open them.
///
/// Every keyring whose manifest one of the member's key-encryption keys is for is opened as soon as
/// it is stored, kept open, and replaced when it changes, on a thread of the store's own: a change
/// is in service well within a second, and [#acquire] never waits. What cannot be opened, or is
/// older than what was seen before, is refused with a line in the log, and what was in service
/// stays. That a manifest is gone proves nothing; only a manifest that says so removes a keyring.
///
/// [#put] is for keyrings of this member alone, which the others do not see. One of them hides a
/// keyring of the cluster that has its name.
///
/// Any thread. [#close()] wipes everything that was opened; Hazelcast and the key-encryption keys
/// stay the caller's, who closes them later.
public final class ClusterKeyringStore implements KeyringStore {
  private static final Logger LOG = System.getLogger(ClusterKeyringStore.class.getName());
  private static final long WAIT_SECONDS = 30;

  private final KeyringMaps maps;
  private final KeyEncryptionKeys keys;
  private final ScheduledExecutorService thread;
  private final SerialBlocks serials;
  private final ServedKeyrings served;
  private final KeyringFollower follower;

  private ClusterKeyringStore(
      HazelcastInstance hazelcast, KeyEncryptionKeys keys, String memberName) {
    this.maps = new KeyringMaps(hazelcast);
    this.keys = keys;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("keyrings-" + memberName).factory());
    this.serials = new SerialBlocks(maps, thread);
    this.served = new ServedKeyrings(serials::next);
    this.follower = new KeyringFollower(maps, keys, served, serials, thread);
  }

  /// A store on this membership, which is left later. Else as the other one.
  public static ClusterKeyringStore open(Membership membership, KeyEncryptionKeys keys) {
    return open(membership.hazelcast(), keys, membership.self().name());
  }

  /// A store that has looked at every keyring that is there. Blocks on the network.
  ///
  /// @param hazelcast runs, and goes on for longer than the store
  /// @param keys none: this member opens nothing
  /// @param memberName for the name of the thread
  /// @throws KeyringException when the cluster does not answer
  public static ClusterKeyringStore open(
      HazelcastInstance hazelcast, KeyEncryptionKeys keys, String memberName) {
    ClusterKeyringStore store = new ClusterKeyringStore(hazelcast, keys, memberName);
    try {
      if (!keys.isEmpty()) {
        store.follower.start();
      }
      // Behind the follower, which has seen serials that are in use.
      store.serials.prepare();
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /// Whether this member can use a keyring of this name, its own or one that it opened.
  @Override
  public boolean contains(String name) {
    return served.store().contains(name);
  }

  @Override
  public Optional<Keyring> acquire(String name) {
    return served.store().acquire(name);
  }

  /// What the cluster says of a keyring that is open here; empty for any other.
  public Optional<KeyringManifest> manifest(String name) {
    return follower.manifest(name);
  }

  /// What the cluster says of every keyring that is open here. Does not wait.
  public List<KeyringManifest> manifests() {
    return follower.manifests();
  }

  /// Keeps a keyring of this member alone.
  @Override
  public void put(Keyring keyring) {
    served.putOwn(keyring);
  }

  /// Forgets a keyring of this member alone. One of the cluster is left alone: it is removed by
  /// [KeyringOperations#remove].
  @Override
  public void remove(String name) {
    if (served.removeOwn(name) && !keys.isEmpty()) {
      follower.changed(name);
    }
  }

  /// A serial that is unique in the cluster. Waits for the cluster once in 4096 times at most.
  ///
  /// @throws KeyringException when the cluster has used up its serials, or does not answer
  @Override
  public KeySerial nextSerial() {
    return serials.next();
  }

  /// Peers are this member's; their serials are the cluster's.
  ///
  /// @throws KeyringException as [#nextSerial()]
  @Override
  public KeySerial addPeer(PeerIdentity peer) {
    return served.store().addPeer(peer);
  }

  @Override
  public Optional<PeerIdentity> peer(KeySerial serial) {
    return served.store().peer(serial);
  }

  KeyringMaps maps() {
    return maps;
  }

  KeyEncryptionKeys keys() {
    return keys;
  }

  KeyringFollower follower() {
    return follower;
  }

  /// Stops following, and wipes everything. Closing twice does nothing.
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(WAIT_SECONDS, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "the thread that reads keyrings does not end");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    follower.stop();
    served.clear();
  }
}
