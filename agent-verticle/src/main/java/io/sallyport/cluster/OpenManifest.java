package io.sallyport.cluster;

import io.sallyport.envelope.DataKey;
import io.sallyport.envelope.KeyEncryptionKey;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.envelope.Opening;
import io.sallyport.envelope.SealedRecord;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.keyring.KeyringManifestForm;
import io.sallyport.ktls.SecretBytes;
import java.util.List;
import java.util.Optional;

/// A stored manifest that could be opened, with its data key. Whoever opened it closes it, which
/// wipes the key. Not thread-safe.
///
/// @param record as it is stored
/// @param manifest its body
/// @param dataKey owned
record OpenManifest(SealedRecord record, KeyringManifest manifest, DataKey dataKey)
    implements AutoCloseable {
  /// Opens what is stored under a name. The caller closes it.
  static Opening<OpenManifest> open(String name, byte[] stored, KeyEncryptionKeys keys) {
    return switch (SealedRecord.parse(stored)) {
      case Opening.Refused<SealedRecord>(Opening.Reason reason) -> new Opening.Refused<>(reason);
      case Opening.Opened<SealedRecord>(SealedRecord record) ->
          record.name().equals(name)
              ? open(record, keys)
              : new Opening.Refused<>(Opening.Reason.FORGED);
    };
  }

  private static Opening<OpenManifest> open(SealedRecord record, KeyEncryptionKeys keys) {
    return switch (record.unwrap(keys)) {
      case Opening.Refused<DataKey>(Opening.Reason reason) -> new Opening.Refused<>(reason);
      case Opening.Opened<DataKey>(DataKey dataKey) -> {
        Opening<OpenManifest> opening = open(record, dataKey);
        if (opening instanceof Opening.Refused<OpenManifest>) {
          dataKey.close();
        }
        yield opening;
      }
    };
  }

  private static Opening<OpenManifest> open(SealedRecord record, DataKey dataKey) {
    return switch (record.open(dataKey)) {
      case Opening.Refused<SecretBytes>(Opening.Reason reason) -> new Opening.Refused<>(reason);
      case Opening.Opened<SecretBytes>(SecretBytes body) -> {
        try (body) {
          Optional<KeyringManifest> manifest =
              KeyringManifestForm.read(body)
                  .filter(read ->
                      read.name().equals(record.name()) && read.version() == record.version());
          yield manifest.isPresent()
              ? new Opening.Opened<>(new OpenManifest(record, manifest.get(), dataKey))
              : new Opening.Refused<>(Opening.Reason.MALFORMED);
        }
      }
    };
  }

  /// The record of the manifest that comes next, under the same data key.
  SealedRecord reseal(KeyringManifest next) {
    try (SecretBytes body = KeyringManifestForm.write(next)) {
      return record.reseal(next.version(), dataKey, body);
    }
  }

  /// The record of a manifest under a data key that these keys wrap.
  static SealedRecord seal(KeyringManifest manifest, List<KeyEncryptionKey> keys, DataKey dataKey) {
    try (SecretBytes body = KeyringManifestForm.write(manifest)) {
      return SealedRecord.seal(manifest.name(), manifest.version(), keys, dataKey, body);
    }
  }

  @Override
  public void close() {
    dataKey.close();
  }
}
