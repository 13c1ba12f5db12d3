package io.sallyport.link;

import io.sallyport.audit.KeyAudit;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ticket.TicketRings;
import java.util.List;
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
/// @param audit of the keys that are used for others
/// @param signers threads that sign or may wait, with a bounded queue
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
    KeyAudit audit,
    ExecutorService signers,
    IntSupplier pending,
    IntSupplier running,
    int openingMax,
    LongAdder busy) {}
