package io.sallyport.agent;

import io.sallyport.audit.KeyAudit;
import io.sallyport.ticket.TicketRings;

/// What an agent has in common with the other members of its cluster.
///
/// @param rings ticket keys: its tickets resume on other members, and theirs here
/// @param audit every use of a private key here, also those that other members ask for
public record AgentSharing(TicketRings rings, KeyAudit audit) {}
