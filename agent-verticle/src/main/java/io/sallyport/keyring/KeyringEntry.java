package io.sallyport.keyring;

/// Key material with the serials it was given.
///
/// @param serial of the material; of the certificate, if it is one
/// @param privateKey serial of the private key of a certificate; [KeySerial#NONE] for all else
/// @param material owned
public record KeyringEntry(KeySerial serial, KeySerial privateKey, KeyMaterial material) {
  public KeyringEntry {
    if (serial.isNone() || privateKey.isNone() == (material instanceof KeyMaterial.Certificate)) {
      throw new IllegalArgumentException(
          "serials " + serial + " and " + privateKey + " for a " + material.type());
    }
  }
}
