package io.sallyport.config;

import java.time.Duration;

/// Whether a listener gives out tickets to resume sessions with.
public sealed interface TicketConfig {
  /// It does.
  ///
  /// @param lifetime how long a ticket is good for, 1 minute to the 7 days of RFC 9846 §4.7.1
  record On(Duration lifetime) implements TicketConfig {
    public On {
      Range.TICKET_LIFETIME.check("ticket-lifetime", lifetime);
    }
  }

  /// It does not, and every session begins with a full handshake.
  record Off() implements TicketConfig {}

  Duration DEFAULT_LIFETIME = Duration.ofHours(12);
  TicketConfig DEFAULT = new On(DEFAULT_LIFETIME);
}
