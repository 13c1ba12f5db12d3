package io.sallyport.cluster;

import io.sallyport.envelope.DataKey;
import io.sallyport.envelope.Opening;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeyMaterialForm;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.ktls.SecretBytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One key of a keyring, sealed for its place: label, keyring, serials, type and version.
///
/// @param keyring the name
/// @param entry what the manifest says of the key
record KeyEnvelope(String keyring, KeyringManifest.Entry entry) {
  private static final byte[] LABEL = "sallyport key\0".getBytes(StandardCharsets.US_ASCII);

  /// Where it is kept.
  String id() {
    return keyring + "/" + entry.serial() + "/" + entry.version();
  }

  /// @param form stays the caller's
  byte[] seal(DataKey dataKey, SecretBytes form) {
    return dataKey.seal(place(), form);
  }

  /// The form, which the caller closes.
  Opening<SecretBytes> open(DataKey dataKey, byte[] sealed) {
    return dataKey.open(place(), sealed);
  }

  /// The material, which the caller closes.
  Opening<KeyMaterial> openMaterial(DataKey dataKey, byte[] sealed) {
    return switch (open(dataKey, sealed)) {
      case Opening.Refused<SecretBytes>(Opening.Reason reason) -> new Opening.Refused<>(reason);
      case Opening.Opened<SecretBytes>(SecretBytes form) -> {
        try (form) {
          Optional<KeyMaterial> material = KeyMaterialForm.read(form);
          if (material.isPresent() && material.get().type() == entry.type()) {
            yield new Opening.Opened<>(material.get());
          }
          material.ifPresent(KeyMaterial::close);
          yield new Opening.Refused<>(Opening.Reason.MALFORMED);
        }
      }
    };
  }

  private byte[] place() {
    byte[] name = keyring.getBytes(StandardCharsets.UTF_8);
    byte[] type = entry.type().name().getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(LABEL.length + 5 * Integer.BYTES + name.length + type.length)
        .put(LABEL)
        .putInt(name.length)
        .put(name)
        .putInt(entry.serial().number())
        .putInt(entry.privateKey().number())
        .putInt(type.length)
        .put(type)
        .putInt(entry.version())
        .array();
  }
}
