package io.sallyport.keyring;

import io.sallyport.keyring.PemFile.Block;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.libcrypto.Libcrypto;
import java.io.IOException;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.util.List;

/// Reads a private key from a PEM file: PKCS#8 (RFC 5958), SEC 1 (RFC 5915) or PKCS#1 (RFC 8017).
final class PrivateKeyFile {
  private PrivateKeyFile() {}

  /// The first private key in the file, of which nobody has seen whether it is one; the caller
  /// closes it.
  ///
  /// @throws IOException when the file cannot be read or is no PEM file
  /// @throws InvalidKeyException when it has no key that can be used; both messages are noun
  ///   phrases and quote no content
  static EncodedPrivateKey read(Path path) throws IOException, InvalidKeyException {
    try (PemFile file = PemFile.read(path, PemFile.LENGTH_MAX)) {
      List<Block> keys =
          file.blocks().stream().filter(block -> block.label().endsWith("PRIVATE KEY")).toList();
      if (keys.isEmpty()) {
        throw new InvalidKeyException("no private key");
      }
      Block key = keys.getFirst();
      if (key.isEncrypted()) {
        throw new InvalidKeyException("an encrypted private key");
      }
      return new EncodedPrivateKey(encoding(key.label()), SecretBytes.wiping(key.der()));
    }
  }

  private static EncodedPrivateKey.Encoding encoding(String label) throws InvalidKeyException {
    return switch (label) {
      case "PRIVATE KEY" -> EncodedPrivateKey.Encoding.PKCS8;
      case "EC PRIVATE KEY" -> EncodedPrivateKey.Encoding.SEC1;
      case "RSA PRIVATE KEY" -> EncodedPrivateKey.Encoding.PKCS1;
      // Libcrypto goes by the content and knows best what is wrong with it.
      case String _ when Libcrypto.isAvailable() -> EncodedPrivateKey.Encoding.PKCS8;
      case String _ -> throw new InvalidKeyException("a private key that is neither EC nor RSA");
    };
  }
}
