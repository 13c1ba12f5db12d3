package io.sallyport.link;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// The keyrings that this member signs with for others, each for a second longer than it is in
/// service: another member that has not heard of a change yet has begun handshakes with the
/// certificate of before, and its key still signs for them. Then it is wiped.
///
/// [#look(Set)] is for one thread, [#acquire] for any.
final class HeldKeyrings {
  /// Looks after which a keyring that was replaced is given up: at two a second, after a second.
  private static final int LOOKS_MAX = 2;

  private record Held(Keyring keyring, int looksSince) {}

  private final KeyringStore store;
  private final Map<String, List<Held>> held = new ConcurrentHashMap<>();

  HeldKeyrings(KeyringStore store) {
    this.store = store;
  }

  /// Called twice a second.
  ///
  /// @param names of the keyrings that others may use
  void look(Set<String> names) {
    Set<String> all = new HashSet<>(held.keySet());
    all.addAll(names);
    for (String name : all) {
      look(name, names.contains(name));
    }
  }

  private void look(String name, boolean isShared) {
    List<Held> before = held.getOrDefault(name, List.of());
    List<Held> after = new ArrayList<>();
    if (isShared) {
      store.acquire(name).ifPresent(current -> after.add(new Held(current, 0)));
    }
    for (Held one : before) {
      boolean isCurrent = !after.isEmpty() && after.getFirst().keyring() == one.keyring();
      if (!isCurrent && one.looksSince() < LOOKS_MAX && one.keyring().retain()) {
        after.add(new Held(one.keyring(), one.looksSince() + 1));
      }
    }
    if (after.isEmpty()) {
      held.remove(name);
    } else {
      held.put(name, List.copyOf(after));
    }
    before.forEach(one -> one.keyring().release());
  }

  /// The keyring that has such a key, the one in service first; the caller releases it.
  Optional<Keyring> acquire(String name, Predicate<CertifiedKey> wanted) {
    Optional<Keyring> current = store.acquire(name);
    if (current.isPresent() && has(current.get(), wanted)) {
      return current;
    }
    current.ifPresent(Keyring::release);
    for (Held one : held.getOrDefault(name, List.of())) {
      if (one.keyring().retain()) {
        if (has(one.keyring(), wanted)) {
          return Optional.of(one.keyring());
        }
        one.keyring().release();
      }
    }
    return Optional.empty();
  }

  private static boolean has(Keyring keyring, Predicate<CertifiedKey> wanted) {
    return keyring.certificates().stream().anyMatch(wanted);
  }

  /// Gives all of them up.
  void close() {
    held.values().forEach(list -> list.forEach(one -> one.keyring().release()));
    held.clear();
  }
}
