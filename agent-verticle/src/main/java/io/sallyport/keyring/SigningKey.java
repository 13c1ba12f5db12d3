package io.sallyport.keyring;

/// A private key, seen only by what it can do. Any thread may sign.
///
/// Either it is here, or another member holds it and signs on request.
public sealed interface SigningKey extends AutoCloseable permits LocalSigningKey, RemoteSigningKey {
  /// What kind of key it is.
  KeyType type();

  /// Wipes a key that is here; does nothing to one that is elsewhere.
  @Override
  void close();
}
