package io.sallyport.link;

import io.sallyport.audit.KeyAudit;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketSealer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/// What the answering sides of all links of a member work with. Any thread.
///
/// @param ownName of this member
/// @param handshakes does those that are relayed here
/// @param keyrings what this member can open
/// @param held the same, a little longer
/// @param shared the same, and who may use it
/// @param tickets ticket keys that members share
/// @param sealers the same, to seal and open tickets for others
/// @param audit of the keys that are used for others
/// @param signers threads that sign, with a bounded queue
/// @param waiting threads for what may wait for the cluster: no signature waits behind it
/// @param pending handshakes that wait for a thread of the agent
/// @param running handshakes that the agent has under way
/// @param openingMax handshakes of one member that may wait for the agent's first answer
/// @param busy counts requests that were refused because there are too many
record AnsweringService(
    String ownName,
    HandshakeService handshakes,
    KeyringStore keyrings,
    HeldKeyrings held,
    Supplier<List<SharedKeyring>> shared,
    TicketRings tickets,
    Sealers sealers,
    KeyAudit audit,
    ExecutorService signers,
    ExecutorService waiting,
    IntSupplier pending,
    IntSupplier running,
    int openingMax,
    LongAdder busy) {
  /// What seals and opens tickets with the keys that are here.
  interface Sealers {
    /// Empty when it cannot be had now.
    Optional<TicketSealer> of(String keyring, Duration lifetime);
  }
}
