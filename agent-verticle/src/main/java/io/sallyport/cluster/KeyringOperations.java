package io.sallyport.cluster;

import io.sallyport.cluster.KeyringChange.Next;
import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.envelope.DataKey;
import io.sallyport.envelope.KeyEncryptionKey;
import io.sallyport.envelope.Opening;
import io.sallyport.envelope.SealedRecord;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringEntry;
import io.sallyport.keyring.KeyringFiles;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.keyring.KeyringManifest.Entry;
import io.sallyport.keyring.KeyringManifest.Origin;
import io.sallyport.keyring.KeyringManifest.State;
import io.sallyport.keyring.KeyringSharing;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// What operators do with the keyrings of a cluster, on a member that can open them.
///
/// Each operation is in the cluster and in service on this member when it returns, and on the
/// others well within a second. Operations of several members at once come one after the other: who
/// was too late begins anew. Whatever cannot be done is a [KeyringException], and has changed
/// nothing, unless the cluster gave no answer: then it may have.
///
/// Blocks on the network; any thread that may.
public final class KeyringOperations {
  private final ClusterKeyringStore store;
  private final KeyringMaps maps;
  private final KeyringChange changes;
  private final SecureRandom random;
  private final InstantSource clock;

  /// @param store stays the caller's
  /// @param random for data keys
  /// @param clock for the first version of a keyring
  public KeyringOperations(ClusterKeyringStore store, SecureRandom random, InstantSource clock) {
    this.store = store;
    this.maps = store.maps();
    this.changes = new KeyringChange(store);
    this.random = random;
    this.clock = clock;
  }

  /// Every keyring, by name; those that were removed are left out.
  public List<ListedKeyring> list() {
    List<ListedKeyring> keyrings = new ArrayList<>();
    for (String name : maps.names()) {
      byte[] stored = maps.manifest(name);
      if (stored != null) {
        listed(name, stored).ifPresent(keyrings::add);
      }
    }
    return List.copyOf(keyrings);
  }

  private Optional<ListedKeyring> listed(String name, byte[] stored) {
    return switch (OpenManifest.open(name, stored, store.keys())) {
      case Opening.Opened<OpenManifest>(OpenManifest open) -> {
        try (open) {
          yield open.manifest().state() == State.REMOVED
              ? Optional.empty()
              : Optional.of(new ListedKeyring.Opened(open.manifest(), open.record().keyIds()));
        }
      }
      case Opening.Refused<OpenManifest>(Opening.Reason reason) ->
          Optional.of(new ListedKeyring.Closed(name, keyIds(stored), reason));
    };
  }

  private static List<String> keyIds(byte[] stored) {
    return switch (SealedRecord.parse(stored)) {
      case Opening.Opened<SealedRecord>(SealedRecord record) -> record.keyIds();
      case Opening.Refused<SealedRecord> _ -> List.of();
    };
  }

  /// Makes a keyring with nothing in it, its data key wrapped under the first key-encryption key.
  public void create(String name, KeyringSharing sharing) {
    if (!createIfAbsent(name, sharing)) {
      throw new KeyringException("found a keyring " + name + ", expected none of that name");
    }
  }

  private boolean createIfAbsent(String name, KeyringSharing sharing) {
    if (!KeyringMaps.isName(name)) {
      throw new KeyringException(
          "found a name that no keyring can have, expected 1 to 63 letters, digits, \".\", \"_\" and"
              + " \"-\", the first a letter or digit");
    }
    byte[] before = maps.manifest(name);
    // Counted from the time: a cluster that lost a keyring may make it anew, and members that still
    // remember the lost one take the new one for newer.
    long version = Math.max(clock.millis(), store.follower().nextVersion(name));
    if (before != null) {
      try (OpenManifest open = changes.open(name, before)) {
        if (open.manifest().state() == State.PRESENT) {
          return false;
        }
        version = Math.max(version, open.manifest().version() + 1);
      }
    }
    KeyringManifest manifest =
        new KeyringManifest(name, version, State.PRESENT, sharing, "", List.of());
    try (DataKey dataKey = DataKey.generate(random)) {
      SealedRecord record = OpenManifest.seal(manifest, List.of(firstKey()), dataKey);
      if (!maps.putManifest(name, before, record.bytes())) {
        return false;
      }
    }
    store.follower().follow(name);
    return true;
  }

  /// Removes a keyring and all its keys, for good.
  public void remove(String name) {
    change(
        name,
        (open, _) -> {
          KeyringManifest before = open.manifest();
          return Optional.of(
              Next.of(
                  open,
                  new KeyringManifest(
                      name,
                      before.version() + 1,
                      State.REMOVED,
                      before.sharing(),
                      before.importDigest(),
                      List.of())));
        });
  }

  /// Adds material behind what is there. Takes ownership of it.
  ///
  /// @return its serial
  public KeySerial add(String name, KeyMaterial material) {
    try (material) {
      KeyringEntry numbered = numbered(material);
      change(
          name,
          (open, draft) -> {
            List<Entry> entries = new ArrayList<>(open.manifest().entries());
            entries.add(draft.add(open.dataKey(), numbered, Origin.ADDED));
            return Optional.of(Next.of(open, open.manifest().withEntries(entries)));
          });
      return numbered.serial();
    }
  }

  private KeyringEntry numbered(KeyMaterial material) {
    return new KeyringEntry(
        store.nextSerial(),
        material.type() == KeyMaterial.Type.CERTIFICATE ? store.nextSerial() : KeySerial.NONE,
        material);
  }

  /// Puts material in the place of what has this serial, which must be of the same type. The serial
  /// stays, the version rises. Takes ownership of it.
  public void replace(String name, KeySerial serial, KeyMaterial material) {
    try (material) {
      change(
          name,
          (open, draft) -> {
            Entry before = entry(open.manifest(), serial);
            if (before.type() != material.type()) {
              throw new KeyringException(
                  "found a "
                      + material.type()
                      + " in place of serial "
                      + serial
                      + ", expected a "
                      + before.type());
            }
            Entry after = draft.replace(open.dataKey(), material, before);
            return Optional.of(Next.of(open, exchanged(open.manifest(), before, List.of(after))));
          });
    }
  }

  /// Removes what has this serial.
  public void remove(String name, KeySerial serial) {
    change(
        name,
        (open, _) -> {
          Entry before = entry(open.manifest(), serial);
          return Optional.of(Next.of(open, exchanged(open.manifest(), before, List.of())));
        });
  }

  private static Entry entry(KeyringManifest manifest, KeySerial serial) {
    return manifest.entries().stream()
        .filter(entry -> entry.serial().equals(serial))
        .findFirst()
        .orElseThrow(() ->
            new KeyringException(
                "found no serial " + serial + " in keyring " + manifest.name() + ", expected one"));
  }

  private static KeyringManifest exchanged(
      KeyringManifest manifest, Entry before, List<Entry> after) {
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : manifest.entries()) {
      entries.addAll(entry.equals(before) ? after : List.of(entry));
    }
    return manifest.withEntries(entries);
  }

  /// Lets a member use a keyring without opening it; does nothing when it may already.
  public void grant(String name, String member) {
    changeGrants(
        name,
        grants -> {
          if (!grants.contains(member)) {
            grants.add(member);
          }
          return grants;
        });
  }

  /// Takes that back; does nothing when there is nothing to take back.
  public void revoke(String name, String member) {
    changeGrants(
        name,
        grants -> {
          grants.remove(member);
          return grants;
        });
  }

  private void changeGrants(String name, UnaryOperator<List<String>> rule) {
    change(
        name,
        (open, _) -> {
          KeyringSharing before = open.manifest().sharing();
          KeyringSharing after = before.withGrants(rule.apply(new ArrayList<>(before.grants())));
          return before.equals(after)
              ? Optional.empty()
              : Optional.of(Next.of(open, open.manifest().withSharing(after)));
        });
  }

  /// Seals everything of a keyring under a new data key, wrapped under the key-encryption keys that
  /// the one before was wrapped under; this member must have all of them. The keyring is in service
  /// all the time.
  public void rotateDataKey(String name) {
    change(
        name,
        (open, draft) -> {
          List<KeyEncryptionKey> keys = open.record().keyIds().stream().map(this::key).toList();
          try (DataKey dataKey = DataKey.generate(random)) {
            List<Entry> entries = new ArrayList<>();
            for (Entry entry : open.manifest().entries()) {
              entries.add(draft.reseal(open.dataKey(), dataKey, entry));
            }
            KeyringManifest next = open.manifest().withEntries(entries);
            return Optional.of(new Next(next, OpenManifest.seal(next, keys, dataKey)));
          }
        });
  }

  /// Wraps the data key of every keyring that this member can open under its first key-encryption
  /// key, and under no other any more. One that it cannot open although it has a key for it does
  /// not keep it from the others, and is the exception in the end.
  ///
  /// @return how many were not so before
  public int rewrap() {
    KeyEncryptionKey first = firstKey();
    int count = 0;
    List<KeyringException> faults = new ArrayList<>();
    for (String name : maps.names()) {
      byte[] stored = maps.manifest(name);
      if (stored != null && keyIds(stored).stream().anyMatch(store.keys().ids()::contains)) {
        try {
          // Also of one that was removed: it is to be opened by whoever makes it anew.
          count += changes.change(name, (open, _) -> rewrapped(open, first)) ? 1 : 0;
        } catch (KeyringException e) {
          faults.add(e);
        }
      }
    }
    if (!faults.isEmpty()) {
      throw new KeyringException(
          "found keyrings that cannot be wrapped anew ("
              + faults.size()
              + "), expected none; the first: "
              + faults.getFirst().getMessage(),
          faults.getFirst());
    }
    return count;
  }

  private static Optional<Next> rewrapped(OpenManifest open, KeyEncryptionKey first) {
    if (open.record().keyIds().equals(List.of(first.id()))) {
      return Optional.empty();
    }
    KeyringManifest next = open.manifest().withEntries(open.manifest().entries());
    return Optional.of(new Next(next, OpenManifest.seal(next, List.of(first), open.dataKey())));
  }

  /// Brings a keyring of a config into the cluster. When the cluster has exactly that already,
  /// nothing happens. Else sharing is as given, and what was imported before is replaced; what was
  /// added by hand stays, behind it. A keyring that was removed by hand comes back when its config
  /// changes, and not before.
  public ImportResult importConfig(KeyringConfig config, KeyringSharing sharing) {
    return switch (KeyringFiles.read(config)) {
      case KeyringFiles.Rejected(List<ConfigError> errors) -> new ImportResult.Rejected(errors);
      case KeyringFiles.Read(List<KeyMaterial> material, List<ConfigError> warnings) -> {
        try {
          yield importMaterial(config.name(), sharing, material)
              ? new ImportResult.Imported(warnings)
              : new ImportResult.Unchanged(warnings);
        } finally {
          material.forEach(KeyMaterial::close);
        }
      }
    };
  }

  private boolean importMaterial(String name, KeyringSharing sharing, List<KeyMaterial> material) {
    String digest = digest(name, sharing, material);
    if (maps.manifest(name) == null) {
      createIfAbsent(name, sharing);
    }
    List<KeyringEntry> numbered = new ArrayList<>();
    return changes.change(
        name,
        (open, draft) -> {
          KeyringManifest before = open.manifest();
          if (before.importDigest().equals(digest)) {
            return Optional.empty();
          }
          if (numbered.isEmpty()) {
            material.forEach(one -> numbered.add(numbered(one)));
          }
          List<Entry> entries = new ArrayList<>();
          numbered.forEach(one -> entries.add(draft.add(open.dataKey(), one, Origin.IMPORTED)));
          before.entries().stream()
              .filter(entry -> entry.origin() == Origin.ADDED)
              .forEach(entries::add);
          return Optional.of(
              Next.of(
                  open,
                  new KeyringManifest(
                      name, before.version() + 1, State.PRESENT, sharing, digest, entries)));
        });
  }

  private static String digest(String name, KeyringSharing sharing, List<KeyMaterial> material) {
    try {
      return ImportDigest.of(sharing, material);
    } catch (IllegalArgumentException e) {
      throw new KeyringException("keyring " + name + ": " + e.getMessage(), e);
    }
  }

  private void change(String name, KeyringChange.Step step) {
    changes.change(
        name,
        (open, draft) -> {
          if (open.manifest().state() == State.REMOVED) {
            throw new KeyringException("found keyring " + name + " removed, expected one");
          }
          return step.apply(open, draft);
        });
  }

  private KeyEncryptionKey firstKey() {
    return store
        .keys()
        .first()
        .orElseThrow(
            () -> new KeyringException("found no key-encryption key on this member, expected one"));
  }

  private KeyEncryptionKey key(String id) {
    return store
        .keys()
        .find(id)
        .orElseThrow(() ->
            new KeyringException(
                "found no key-encryption key "
                    + id
                    + " on this member, expected it: rewrap first"));
  }
}
