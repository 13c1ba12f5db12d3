package io.sallyport.agent;

import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.PeerIdentity;
import java.util.Optional;

/// A store that has a keyring of every name, and hands out none.
final class NamedOnlyStore implements KeyringStore {
  @Override
  public boolean contains(String name) {
    return true;
  }

  @Override
  public Optional<Keyring> acquire(String name) {
    return Optional.empty();
  }

  @Override
  public void put(Keyring keyring) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void remove(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public KeySerial nextSerial() {
    throw new UnsupportedOperationException();
  }

  @Override
  public KeySerial addPeer(PeerIdentity peer) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<PeerIdentity> peer(KeySerial serial) {
    return Optional.empty();
  }

  @Override
  public void close() {}
}
