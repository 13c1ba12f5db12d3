package io.sallyport.cluster;

import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The keyrings that a member can use, and the peers it knows: opened ones of the cluster, and ones
/// of its own, which hide those of the cluster that have their names. Any thread.
final class ServedKeyrings {
  private final LocalKeyringStore store;

  /// Names of the member's own. Guarded by this object, as is every exchange.
  private final Set<String> own = new HashSet<>();

  /// @param serials answers with a new one each time
  ServedKeyrings(Supplier<KeySerial> serials) {
    this.store = new LocalKeyringStore(serials);
  }

  /// To look something up. What it has is exchanged here.
  LocalKeyringStore store() {
    return store;
  }

  /// Takes over the caller's reference.
  synchronized void putOwn(Keyring keyring) {
    own.add(keyring.name());
    store.put(keyring);
  }

  /// Whether there was one.
  synchronized boolean removeOwn(String name) {
    boolean isOwn = own.remove(name);
    if (isOwn) {
      store.remove(name);
    }
    return isOwn;
  }

  /// Takes over the caller's reference.
  ///
  /// @param keyring of the cluster; null when it has none of that name any more
  synchronized void exchange(String name, @Nullable Keyring keyring) {
    if (own.contains(name)) {
      if (keyring != null) {
        keyring.release();
      }
    } else if (keyring == null) {
      store.remove(name);
    } else {
      store.put(keyring);
    }
  }

  /// Whether an exchange would change nothing.
  ///
  /// @param isPresent whether the cluster has a keyring of that name, the one of the last exchange
  synchronized boolean isSettled(String name, boolean isPresent) {
    return own.contains(name) || store.contains(name) == isPresent;
  }

  synchronized void clear() {
    own.clear();
    store.close();
  }
}
