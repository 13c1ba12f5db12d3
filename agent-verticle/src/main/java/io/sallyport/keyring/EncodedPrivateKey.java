package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.libcrypto.EvpPrivateKey;
import io.sallyport.ktls.libcrypto.Libcrypto;
import java.io.IOException;
import java.security.InvalidKeyException;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/// A private key in DER, off-heap, in the encoding that its file had: turning one into another
/// would bring it onto the heap.
///
/// @param encoding of `der`
/// @param der owned
public record EncodedPrivateKey(Encoding encoding, SecretBytes der) implements AutoCloseable {
  /// How a private key becomes bytes.
  public enum Encoding {
    /// RFC 5958.
    PKCS8,
    /// RFC 5915.
    SEC1,
    /// RFC 8017.
    PKCS1
  }

  /// The key to sign with, by libcrypto if that is here, else by Bouncy Castle. The caller closes
  /// it; this one remains.
  ///
  /// @throws InvalidKeyException when it is no key, or one of another kind than [KeyType] names;
  ///   the message is a noun phrase and quotes no content
  LocalSigningKey signingKey() throws InvalidKeyException {
    // Libcrypto tells the encodings apart by itself.
    return Libcrypto.isAvailable()
        ? new LibcryptoSigningKey(EvpPrivateKey.load(der.reveal()))
        : byBouncyCastle();
  }

  LocalSigningKey byBouncyCastle() throws InvalidKeyException {
    return BcSigningKey.load(SecretBytes.wiping(pkcs8()));
  }

  private byte[] pkcs8() throws InvalidKeyException {
    byte[] bytes = new byte[der.length()];
    der.reveal().getBytes(0, bytes);
    try {
      return switch (encoding) {
        case PKCS8 -> bytes.clone();
        case PKCS1 ->
            wrap(
                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                RSAPrivateKey.getInstance(bytes));
        case SEC1 -> {
          ECPrivateKey key = ECPrivateKey.getInstance(bytes);
          yield wrap(
              new AlgorithmIdentifier(
                  X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
              key);
        }
      };
    } catch (IOException | IllegalArgumentException | ClassCastException _) {
      // The cause may quote the key.
      throw new InvalidKeyException("no private key that can be read");
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static byte[] wrap(AlgorithmIdentifier algorithm, ASN1Encodable key) throws IOException {
    return new PrivateKeyInfo(algorithm, key).getEncoded();
  }

  /// Wipes it.
  @Override
  public void close() {
    der.close();
  }
}
