package io.sallyport.keyring;

import java.util.Optional;

/// Where keyrings are kept. Any thread may use it.
public interface KeyringStore extends AutoCloseable {
  /// Whether there is a keyring of this name.
  boolean contains(String name);

  /// The keyring of this name, with a reference for the caller to release.
  Optional<Keyring> acquire(String name);

  /// Stores a keyring under its name in place of the one before. Takes over the caller's reference.
  /// Handshakes that hold the one before keep it until they end.
  void put(Keyring keyring);

  /// Forgets the keyring of this name, if there is one.
  void remove(String name);

  /// A serial that this store never issued before.
  KeySerial nextSerial();

  /// Remembers who a peer proved to be and answers with the serial that names it from now on. The
  /// same certificate gets the same serial, unless it was forgotten in between: of 10,000 peers,
  /// the one that was asked for longest ago makes room for the next.
  KeySerial addPeer(PeerIdentity peer);

  /// The peer of that serial; empty when there is none, or when it was forgotten.
  Optional<PeerIdentity> peer(KeySerial serial);

  /// Forgets every keyring and every peer.
  @Override
  void close();
}
