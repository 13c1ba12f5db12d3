package io.sallyport.agent;

import io.sallyport.keyring.KeyringStore;
import java.time.InstantSource;

/// What the handshakes of one agent share. Any thread.
///
/// @param chains certificate chains, ready to be sent
/// @param verifier verifies the certificates of peers
/// @param clock tells whether certificates and tickets are valid
record AgentResources(ServerChains chains, PeerVerifier verifier, InstantSource clock) {
  /// @param store where verified peers get their serials; stays its creator's
  static AgentResources of(KeyringStore store, InstantSource clock) {
    return new AgentResources(new ServerChains(), new PeerVerifier(store, clock), clock);
  }
}
