package io.sallyport.keyring;

import io.sallyport.ktls.libcrypto.EvpPrivateKey;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Hash;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Padding;

/// Signs by libcrypto.
///
/// @param key owned
record LibcryptoSigningKey(EvpPrivateKey key) implements LocalSigningKey {
  @Override
  public KeyType type() {
    return switch (key.algorithm()) {
      case EC_P256 -> KeyType.ECDSA_P256;
      case EC_P384 -> KeyType.ECDSA_P384;
      case RSA -> KeyType.RSA;
    };
  }

  @Override
  public byte[] sign(SignatureScheme scheme, byte[] digest) {
    Padding padding =
        switch (scheme.kind()) {
          case ECDSA -> Padding.ECDSA;
          case RSA_PSS -> Padding.PSS;
          case RSA_PKCS1 -> Padding.PKCS1;
        };
    Hash hash =
        switch (scheme.hash()) {
          case SHA256 -> Hash.SHA256;
          case SHA384 -> Hash.SHA384;
          case SHA512 -> Hash.SHA512;
        };
    return key.sign(padding, hash, digest);
  }

  @Override
  public void close() {
    key.close();
  }
}
