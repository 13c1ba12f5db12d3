package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;
import java.util.Optional;

/// Seals what the tickets of one keyring and one lifetime hold, and opens it again: by keys that
/// are here ([TicketKeys]), or by a member that has them.
///
/// Decides nothing: whether a ticket that opens is good is for [TicketSealer] to say. Any thread
/// that may wait; implementations say for how long.
public interface TicketCipher {
  /// Bytes that are sealed into one ticket.
  int FORM_LENGTH_MAX = TicketSealer.LENGTH_MAX - TicketKey.OVERHEAD;

  /// What opening comes to.
  sealed interface Unsealed {
    /// What was sealed.
    ///
    /// @param form whoever takes it closes it
    record Form(SecretBytes form) implements Unsealed {}

    /// It does not open.
    record Refused(OpenedTicket.Reason reason) implements Unsealed {}
  }

  /// How long keys and tickets last.
  TicketTimes times();

  /// Whether it asks a member now, and so waits.
  boolean waits();

  /// A ticket that holds `form`, which stays the caller's; empty when there is nothing to seal it
  /// with.
  ///
  /// @param form at most [#FORM_LENGTH_MAX] bytes
  Optional<byte[]> seal(SecretBytes form);

  /// What is in a ticket, whoever made it.
  ///
  /// @param ticket anything, but at most [TicketSealer#LENGTH_MAX] bytes
  Unsealed open(byte[] ticket);
}
