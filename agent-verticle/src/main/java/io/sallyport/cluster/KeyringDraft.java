package io.sallyport.cluster;

import io.sallyport.envelope.DataKey;
import io.sallyport.envelope.Opening;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeyMaterialForm;
import io.sallyport.keyring.KeyringEntry;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.ktls.SecretBytes;
import java.util.HashSet;
import java.util.Set;

/// The keys that one attempt at a change stores before its manifest does, so that they can be
/// withdrawn when the manifest does not come. Confined to one thread.
final class KeyringDraft {
  /// Versions that are tried for one key: others may be storing at the same time, or may have
  /// stopped half-way.
  private static final int VERSIONS_MAX = 256;

  private final KeyringMaps maps;
  private final String keyring;
  private final Set<String> ids = new HashSet<>();

  KeyringDraft(KeyringMaps maps, String keyring) {
    this.maps = maps;
    this.keyring = keyring;
  }

  /// Stores new material, which stays the caller's.
  KeyringManifest.Entry add(DataKey dataKey, KeyringEntry added, KeyringManifest.Origin origin) {
    KeyMaterial material = added.material();
    KeyringManifest.Entry entry =
        new KeyringManifest.Entry(
            added.serial(), added.privateKey(), 1, material.type(), origin, material.label());
    try (SecretBytes form = KeyMaterialForm.write(material)) {
      return store(dataKey, entry, form);
    }
  }

  /// Stores what takes the place of `before`, which stays the caller's.
  KeyringManifest.Entry replace(
      DataKey dataKey, KeyMaterial material, KeyringManifest.Entry before) {
    KeyringManifest.Entry entry =
        new KeyringManifest.Entry(
            before.serial(),
            before.privateKey(),
            before.version() + 1,
            before.type(),
            before.origin(),
            material.label());
    try (SecretBytes form = KeyMaterialForm.write(material)) {
      return store(dataKey, entry, form);
    }
  }

  /// Stores what there is once more, under another data key.
  ///
  /// @throws KeyringException when it cannot be opened
  KeyringManifest.Entry reseal(DataKey from, DataKey to, KeyringManifest.Entry before) {
    KeyEnvelope envelope = new KeyEnvelope(keyring, before);
    byte[] sealed = maps.keys(Set.of(envelope.id())).get(envelope.id());
    if (sealed == null) {
      throw new KeyringException(fault(before, "nothing"));
    }
    return switch (envelope.open(from, sealed)) {
      case Opening.Opened<SecretBytes>(SecretBytes form) -> {
        try (form) {
          yield store(to, withVersion(before, before.version() + 1), form);
        }
      }
      case Opening.Refused<SecretBytes>(Opening.Reason reason) ->
          throw new KeyringException(fault(before, "a key " + reason));
    };
  }

  private String fault(KeyringManifest.Entry entry, String found) {
    return "found "
        + found
        + " for serial "
        + entry.serial()
        + " of keyring "
        + keyring
        + ", expected what a member stored: remove or replace that key first";
  }

  private KeyringManifest.Entry store(
      DataKey dataKey, KeyringManifest.Entry entry, SecretBytes form) {
    for (int more = 0; more < VERSIONS_MAX; more++) {
      KeyringManifest.Entry next = withVersion(entry, entry.version() + more);
      KeyEnvelope envelope = new KeyEnvelope(keyring, next);
      if (maps.putKey(envelope.id(), envelope.seal(dataKey, form))) {
        ids.add(envelope.id());
        return next;
      }
    }
    throw new KeyringException(
        "found "
            + VERSIONS_MAX
            + " versions of serial "
            + entry.serial()
            + " of keyring "
            + keyring
            + " that no manifest names, expected a free one");
  }

  private static KeyringManifest.Entry withVersion(KeyringManifest.Entry entry, int version) {
    return new KeyringManifest.Entry(
        entry.serial(), entry.privateKey(), version, entry.type(), entry.origin(), entry.label());
  }

  /// Whether a manifest names one of the keys that were stored here: then it, or one before it, is
  /// the one they were stored for.
  boolean isIn(KeyringManifest manifest) {
    return idsOf(manifest).stream().anyMatch(ids::contains);
  }

  /// Deletes what was stored.
  void withdraw() {
    maps.deleteKeys(ids);
    ids.clear();
  }

  static Set<String> idsOf(KeyringManifest manifest) {
    Set<String> ids = new HashSet<>();
    for (KeyringManifest.Entry entry : manifest.entries()) {
      ids.add(new KeyEnvelope(manifest.name(), entry).id());
    }
    return ids;
  }
}
