package io.sallyport.keyring;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Keeps keyrings and peers in this process.
public final class LocalKeyringStore implements KeyringStore {
  private static final int PEERS_MAX = 10_000;

  private final ConcurrentMap<String, Keyring> keyrings = new ConcurrentHashMap<>();
  private final Supplier<KeySerial> serials;
  private final PeerTable peers;

  /// Issues serials that are unique in this process.
  public LocalKeyringStore() {
    this(new Count());
  }

  /// @param serials answers with a new one each time, on any thread
  public LocalKeyringStore(Supplier<KeySerial> serials) {
    this.serials = serials;
    this.peers = new PeerTable(PEERS_MAX, serials);
  }

  @Override
  public boolean contains(String name) {
    return keyrings.containsKey(name);
  }

  @Override
  public Optional<Keyring> acquire(String name) {
    while (true) {
      Keyring keyring = keyrings.get(name);
      if (keyring == null) {
        return Optional.empty();
      }
      // It may have been replaced and wiped just now: then another one is there, or none.
      if (keyring.retain()) {
        return Optional.of(keyring);
      }
    }
  }

  @Override
  public void put(Keyring keyring) {
    release(keyrings.put(keyring.name(), keyring));
  }

  @Override
  public void remove(String name) {
    release(keyrings.remove(name));
  }

  private static void release(@Nullable Keyring before) {
    if (before != null) {
      before.release();
    }
  }

  @Override
  public KeySerial nextSerial() {
    return serials.get();
  }

  @Override
  public KeySerial addPeer(PeerIdentity peer) {
    return peers.add(peer);
  }

  @Override
  public Optional<PeerIdentity> peer(KeySerial serial) {
    return peers.find(serial);
  }

  @Override
  public void close() {
    keyrings.keySet().forEach(this::remove);
    peers.clear();
  }

  private static final class Count implements Supplier<KeySerial> {
    private final AtomicInteger last = new AtomicInteger();

    @Override
    public KeySerial get() {
      int number = last.incrementAndGet();
      if (number == 0) {
        throw new IllegalStateException("2^32 serials were issued");
      }
      return new KeySerial(number);
    }
  }
}
