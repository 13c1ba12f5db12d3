package io.sallyport.cluster;

import io.sallyport.envelope.Opening;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringEntry;
import io.sallyport.keyring.KeyringManifest;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What opening the keys that a manifest names comes to: all of them, or none.
sealed interface KeyringOpening {
  /// All of them can be used.
  ///
  /// @param keyring with a reference for the caller
  record Opened(Keyring keyring) implements KeyringOpening {}

  /// One of them cannot.
  ///
  /// @param fault what was found and expected, with the serial
  record Refused(String fault) implements KeyringOpening {}

  /// Opens the keys. `open` stays the caller's.
  static KeyringOpening open(OpenManifest open, KeyringMaps maps) {
    KeyringManifest manifest = open.manifest();
    Map<String, KeyEnvelope> envelopes = new LinkedHashMap<>();
    for (KeyringManifest.Entry entry : manifest.entries()) {
      KeyEnvelope envelope = new KeyEnvelope(manifest.name(), entry);
      envelopes.put(envelope.id(), envelope);
    }
    Map<String, byte[]> stored = maps.keys(envelopes.keySet());
    List<KeyringEntry> entries = new ArrayList<>();
    for (Map.Entry<String, KeyEnvelope> one : envelopes.entrySet()) {
      byte[] sealed = stored.get(one.getKey());
      KeyringManifest.Entry entry = one.getValue().entry();
      if (sealed == null) {
        return refused(entries, entry, "nothing");
      }
      switch (one.getValue().openMaterial(open.dataKey(), sealed)) {
        case Opening.Opened<KeyMaterial>(KeyMaterial material) ->
            entries.add(new KeyringEntry(entry.serial(), entry.privateKey(), material));
        case Opening.Refused<KeyMaterial>(Opening.Reason reason) -> {
          return refused(entries, entry, "a key " + reason);
        }
      }
    }
    try {
      return new Opened(Keyring.of(manifest.name(), entries));
    } catch (GeneralSecurityException e) {
      // Its message is a noun phrase and quotes no content.
      return new Refused("found " + e.getMessage() + ", expected keys that can be used here");
    }
  }

  private static Refused refused(
      List<KeyringEntry> entries, KeyringManifest.Entry entry, String found) {
    entries.forEach(one -> one.material().close());
    return new Refused(
        "serial "
            + entry.serial()
            + ": found "
            + found
            + ", expected the "
            + entry.type()
            + " of version "
            + entry.version());
  }
}
