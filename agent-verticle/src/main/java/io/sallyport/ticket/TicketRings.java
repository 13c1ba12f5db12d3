package io.sallyport.ticket;

/// Where the members of a cluster have their shared ticket keys from. Any thread; may block for a
/// second.
public interface TicketRings {
  /// What asking comes to.
  sealed interface Found {
    /// The ring as it is now.
    ///
    /// @param ring a copy, which the caller closes
    record Ring(TicketRing ring) implements Found {}

    /// This member may not have the ring, and others seal and open for it: what it had is to be
    /// wiped.
    record Elsewhere(TicketCipher holders) implements Found {}

    /// This member may not have the ring: what it had is to be wiped.
    record Denied() implements Found {}

    /// Nobody could tell: what it had stays good.
    record Unknown() implements Found {}
  }

  /// The ring for tickets of a keyring with these times.
  Found ring(String keyring, TicketTimes times);
}
