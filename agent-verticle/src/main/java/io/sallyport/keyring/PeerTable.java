package io.sallyport.keyring;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The peers that were seen last, by the serials that were given to them. Any thread may use it.
///
/// One certificate has one serial as long as everybody says the same of it. Whoever claims
/// something else of a certificate, as another member may, gets a serial for that claim, and
/// changes nobody else's.
final class PeerTable {
  private final int capacity;
  private final Supplier<KeySerial> serials;

  /// The one that was asked for longest ago first.
  private final Map<KeySerial, PeerIdentity> peers = new LinkedHashMap<>(16, 0.75f, true);

  private final Map<PeerIdentity, KeySerial> serialsByPeer = new HashMap<>();

  /// @param capacity how many are remembered
  /// @param serials answers with a new one each time
  PeerTable(int capacity, Supplier<KeySerial> serials) {
    this.capacity = capacity;
    this.serials = serials;
  }

  synchronized KeySerial add(PeerIdentity peer) {
    KeySerial known = serialsByPeer.get(peer);
    if (known != null) {
      peers.get(known); // makes it the last to be forgotten
      return known;
    }
    if (peers.size() == capacity) {
      forgetEldest();
    }
    KeySerial serial = serials.get();
    peers.put(serial, peer);
    serialsByPeer.put(peer, serial);
    return serial;
  }

  private void forgetEldest() {
    Iterator<PeerIdentity> eldest = peers.values().iterator();
    serialsByPeer.remove(eldest.next());
    eldest.remove();
  }

  synchronized Optional<PeerIdentity> find(KeySerial serial) {
    return Optional.ofNullable(peers.get(serial));
  }

  synchronized void clear() {
    peers.clear();
    serialsByPeer.clear();
  }
}
