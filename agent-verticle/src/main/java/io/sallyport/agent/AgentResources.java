package io.sallyport.agent;

import io.sallyport.keyring.KeyringStore;
import java.time.InstantSource;

/// What the handshakes of one agent share. Any thread.
///
/// @param chains certificate chains, ready to be sent
/// @param verifier verifies the certificates of peers
/// @param tickets ticket keys by keyring
/// @param bindings what tickets are bound to
/// @param sessions what the clients of this agent may resume
/// @param clock tells whether certificates and tickets are valid
record AgentResources(
    ServerChains chains,
    PeerVerifier verifier,
    TicketStore tickets,
    TicketBindings bindings,
    ClientSessions sessions,
    InstantSource clock)
    implements AutoCloseable {
  /// @param store where verified peers get their serials; stays its creator's
  static AgentResources of(KeyringStore store, InstantSource clock) {
    return new AgentResources(
        new ServerChains(),
        new PeerVerifier(store, clock),
        new TicketStore(clock),
        new TicketBindings(),
        new ClientSessions(clock),
        clock);
  }

  /// Wipes ticket keys and sessions.
  @Override
  public void close() {
    tickets.close();
    sessions.close();
  }
}
