package io.sallyport.envelope;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The key-encryption keys that a member has, in order: the first wraps, all unwrap. That is how
/// one is replaced without downtime: the new one is added behind on every member, then comes first
/// on every member, then everything is wrapped anew, and then the old one goes.
///
/// Immutable; any thread. [#close()] wipes all of them.
public final class KeyEncryptionKeys implements AutoCloseable {
  /// Keys of a member.
  public static final int COUNT_MAX = 8;

  private final List<KeyEncryptionKey> keys;

  /// Takes ownership of the keys, whether it succeeds or not.
  ///
  /// @param keys none: this member opens nothing
  /// @throws IllegalArgumentException when one is there twice, or there are more than [#COUNT_MAX]
  public KeyEncryptionKeys(List<KeyEncryptionKey> keys) {
    this.keys = List.copyOf(keys);
    Set<String> ids = new HashSet<>();
    for (KeyEncryptionKey key : keys) {
      if (!ids.add(key.id())) {
        close();
        throw new IllegalArgumentException(
            "found the key-encryption key " + key.id() + " twice, expected each once");
      }
    }
    if (keys.size() > COUNT_MAX) {
      close();
      throw new IllegalArgumentException(
          "found " + keys.size() + " key-encryption keys, expected at most " + COUNT_MAX);
    }
  }

  /// Whether this member opens nothing.
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /// Ids of all keys, the one that wraps first.
  public List<String> ids() {
    return keys.stream().map(KeyEncryptionKey::id).toList();
  }

  /// The key that wraps; empty when there is none. It stays this object's.
  public Optional<KeyEncryptionKey> first() {
    return keys.stream().findFirst();
  }

  /// The key of this id. It stays this object's.
  public Optional<KeyEncryptionKey> find(String id) {
    return keys.stream().filter(key -> key.id().equals(id)).findFirst();
  }

  @Override
  public void close() {
    keys.forEach(KeyEncryptionKey::close);
  }

  @Override
  public String toString() {
    return "KeyEncryptionKeys" + ids();
  }
}
