package io.sallyport.keyring;

import io.sallyport.keyring.PemFile.Block;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.libcrypto.EvpPrivateKey;
import io.sallyport.ktls.libcrypto.Libcrypto;
import java.io.IOException;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/// Reads a private key from a PEM file: PKCS#8 (RFC 5958), SEC 1 (RFC 5915) or PKCS#1 (RFC 8017).
final class PrivateKeyFile {
  private static final String PKCS8 = "PRIVATE KEY";
  private static final String SEC1 = "EC PRIVATE KEY";
  private static final String PKCS1 = "RSA PRIVATE KEY";

  private PrivateKeyFile() {}

  /// The first private key in the file; the caller closes it.
  ///
  /// @throws IOException when the file cannot be read or is no PEM file
  /// @throws InvalidKeyException when it has no key that can be used; both messages are noun
  ///   phrases and quote no content
  static LocalSigningKey read(Path path) throws IOException, InvalidKeyException {
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
      return Libcrypto.isAvailable() ? byLibcrypto(key) : byBouncyCastle(key);
    }
  }

  /// Libcrypto tells the three forms apart by itself.
  private static LocalSigningKey byLibcrypto(Block block) throws InvalidKeyException {
    try (SecretBytes der = SecretBytes.wiping(block.der())) {
      return new LibcryptoSigningKey(EvpPrivateKey.load(der.reveal()));
    }
  }

  static LocalSigningKey byBouncyCastle(Block block) throws InvalidKeyException {
    return BcSigningKey.load(SecretBytes.wiping(pkcs8(block)));
  }

  private static byte[] pkcs8(Block block) throws InvalidKeyException {
    try {
      return switch (block.label()) {
        case PKCS8 -> block.der();
        case PKCS1 ->
            wrap(
                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                RSAPrivateKey.getInstance(block.der()));
        case SEC1 -> {
          ECPrivateKey key = ECPrivateKey.getInstance(block.der());
          yield wrap(
              new AlgorithmIdentifier(
                  X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
              key);
        }
        default -> throw new InvalidKeyException("a private key that is neither EC nor RSA");
      };
    } catch (IOException | IllegalArgumentException | ClassCastException _) {
      // The cause may quote the key.
      throw new InvalidKeyException("no private key that can be read");
    }
  }

  private static byte[] wrap(AlgorithmIdentifier algorithm, ASN1Encodable key) throws IOException {
    return new PrivateKeyInfo(algorithm, key).getEncoded();
  }
}
