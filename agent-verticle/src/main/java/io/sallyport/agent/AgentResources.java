package io.sallyport.agent;

import io.sallyport.audit.KeyAudit;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ticket.TicketRings;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// What the handshakes of one agent share. Any thread.
///
/// @param chains certificate chains, ready to be sent
/// @param verifier verifies the certificates of peers
/// @param tickets ticket keys by keyring
/// @param bindings what tickets are bound to
/// @param sessions what the clients of this agent may resume
/// @param audit of the private keys that are used here
/// @param clock tells whether certificates and tickets are valid
record AgentResources(
    ServerChains chains,
    PeerVerifier verifier,
    TicketStore tickets,
    TicketBindings bindings,
    ClientSessions sessions,
    KeyAudit audit,
    InstantSource clock)
    implements AutoCloseable {
  /// With ticket keys of its own.
  ///
  /// @param store where verified peers get their serials; stays its creator's
  static AgentResources of(KeyringStore store, InstantSource clock) {
    return of(store, clock, null, KeyAudit.OFF);
  }

  /// @param store where verified peers get their serials; stays its creator's
  /// @param rings ticket keys that members share; null: this agent has its own
  static AgentResources of(
      KeyringStore store, InstantSource clock, @Nullable TicketRings rings, KeyAudit audit) {
    return new AgentResources(
        new ServerChains(),
        new PeerVerifier(store, clock),
        new TicketStore(clock, rings),
        new TicketBindings(),
        new ClientSessions(clock),
        audit,
        clock);
  }

  /// Wipes ticket keys and sessions.
  @Override
  public void close() {
    tickets.close();
    sessions.close();
  }
}
