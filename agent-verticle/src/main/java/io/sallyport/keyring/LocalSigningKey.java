package io.sallyport.keyring;

/// A private key that is in this process; [#close()] wipes it.
///
/// With libcrypto the key lives and signs outside the Java heap. Without it, it rests there, and
/// each signature brings it onto the heap for as long as Bouncy Castle takes, which leaves copies
/// that only the garbage collector removes.
public sealed interface LocalSigningKey extends SigningKey
    permits LibcryptoSigningKey, BcSigningKey {
  /// Signs a digest of `scheme`'s hash.
  ///
  /// @throws IllegalStateException when the key was closed
  /// @throws IllegalArgumentException when the scheme does not fit the key
  byte[] sign(SignatureScheme scheme, byte[] digest);
}
