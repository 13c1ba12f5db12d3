package io.sallyport.link;

import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.PeerIdentity;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// A store in which threads of one kind wait for a keyring as long as the test wants.
final class GatedStore implements KeyringStore {
  /// Some threads are held until they are let go.
  record Held(String threads, CountDownLatch open) {
    void letGo() {
      open.countDown();
    }
  }

  private final KeyringStore store = new LocalKeyringStore();
  private volatile Held held = new Held("", new CountDownLatch(0));

  /// @param threads what their names begin with
  Held hold(String threads) {
    held = new Held(threads, new CountDownLatch(1));
    return held;
  }

  @Override
  public Optional<Keyring> acquire(String name) {
    Held current = held;
    if (Thread.currentThread().getName().startsWith(current.threads())) {
      try {
        current.open().await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    return store.acquire(name);
  }

  @Override
  public boolean contains(String name) {
    return store.contains(name);
  }

  @Override
  public void put(Keyring keyring) {
    store.put(keyring);
  }

  @Override
  public void remove(String name) {
    store.remove(name);
  }

  @Override
  public KeySerial nextSerial() {
    return store.nextSerial();
  }

  @Override
  public KeySerial addPeer(PeerIdentity peer) {
    return store.addPeer(peer);
  }

  @Override
  public Optional<PeerIdentity> peer(KeySerial serial) {
    return store.peer(serial);
  }

  @Override
  public void close() {
    store.close();
  }
}
