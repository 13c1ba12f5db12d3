package io.sallyport.keyring;

/// The kinds of private key that are accepted, most preferred first.
public enum KeyType {
  ECDSA_P256,
  ECDSA_P384,
  /// With a modulus of 2048 bits or more.
  RSA;

  /// Whether it signs with ECDSA.
  public boolean isEcdsa() {
    return this != RSA;
  }
}
