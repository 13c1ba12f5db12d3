package io.sallyport.cluster;

import io.sallyport.envelope.Opening;
import io.sallyport.envelope.SealedRecord;
import io.sallyport.keyring.KeyringManifest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Changes a keyring against whatever others change at the same time: new keys first, then the
/// manifest if it is still the one that was read, then the old keys go. Any thread that may block.
final class KeyringChange {
  private static final int ATTEMPTS_MAX = 32;

  /// What a step wants to be stored.
  record Next(KeyringManifest manifest, SealedRecord record) {
    /// Under the same data key.
    static Next of(OpenManifest open, KeyringManifest manifest) {
      return new Next(manifest, open.reseal(manifest));
    }
  }

  /// One attempt at a change.
  interface Step {
    /// What comes after `open`; empty when that is as it should be.
    Optional<Next> apply(OpenManifest open, KeyringDraft draft);
  }

  private final ClusterKeyringStore store;
  private final KeyringMaps maps;

  KeyringChange(ClusterKeyringStore store) {
    this.store = store;
    this.maps = store.maps();
  }

  /// The stored manifest, opened; the caller closes it.
  ///
  /// @throws KeyringException when this member cannot open it, or has seen a later one
  OpenManifest open(String name, byte[] stored) {
    return switch (OpenManifest.open(name, stored, store.keys())) {
      case Opening.Refused<OpenManifest>(Opening.Reason reason) ->
          throw new KeyringException(
              "found the manifest of keyring "
                  + name
                  + " "
                  + reason
                  + ", expected one that this member can open");
      case Opening.Opened<OpenManifest>(OpenManifest open) -> {
        if (store.follower().isOutdated(open, stored)) {
          open.close();
          throw new KeyringException(
              "found an outdated manifest of keyring "
                  + name
                  + ", expected version "
                  + store.follower().nextVersion(name)
                  + " or later");
        }
        yield open;
      }
    };
  }

  /// @return whether anything was changed
  /// @throws KeyringException when there is no such keyring, this member cannot open it, the step
  ///   says so, the cluster does not answer, or others change it all the time
  boolean change(String name, Step step) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      byte[] stored = maps.manifest(name);
      if (stored == null) {
        throw new KeyringException("found no keyring " + name + ", expected one");
      }
      OpenManifest opened;
      try {
        opened = open(name, stored);
      } catch (KeyringException e) {
        // It may have been replaced since it was read, and this member has seen that already.
        if (!Arrays.equals(stored, maps.manifest(name))) {
          continue;
        }
        throw e;
      }
      try (OpenManifest open = opened) {
        KeyringDraft draft = new KeyringDraft(maps, name);
        Optional<Next> next;
        try {
          next = step.apply(open, draft);
        } catch (IllegalArgumentException | KeyringException e) {
          draft.withdraw();
          // What it stumbled over may be gone with the manifest it belonged to.
          if (!Arrays.equals(stored, maps.manifest(name))) {
            continue;
          }
          throw e instanceof KeyringException known
              ? known
              : new KeyringException("keyring " + name + ": " + e.getMessage(), e);
        }
        if (next.isEmpty()) {
          return false;
        }
        if (isStored(stored, next.get(), draft)) {
          deleteOld(open.manifest(), next.get().manifest());
          store.follower().follow(name);
          return true;
        }
        draft.withdraw();
      }
    }
    throw new KeyringException(
        "found keyring " + name + " changed " + ATTEMPTS_MAX + " times meanwhile, expected a rest");
  }

  /// Without an answer nothing is withdrawn: the manifest may be there.
  private boolean isStored(byte[] before, Next next, KeyringDraft draft) {
    String name = next.manifest().name();
    byte[] after = next.record().bytes();
    if (maps.putManifest(name, before, after)) {
      return true;
    }
    // It may be there all the same, if a member left before it could say so.
    byte[] stored = maps.manifest(name);
    if (stored == null || Arrays.equals(stored, after)) {
      return stored != null;
    }
    return switch (OpenManifest.open(name, stored, store.keys())) {
      case Opening.Refused<OpenManifest> _ -> false;
      case Opening.Opened<OpenManifest>(OpenManifest open) -> {
        try (open) {
          yield draft.isIn(open.manifest());
        }
      }
    };
  }

  private void deleteOld(KeyringManifest before, KeyringManifest after) {
    Set<String> old = new HashSet<>(KeyringDraft.idsOf(before));
    old.removeAll(KeyringDraft.idsOf(after));
    maps.deleteKeys(old);
  }
}
