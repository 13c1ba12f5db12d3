/// Userspace kernel TLS: the record layer below the application, behind a socket contract.
///
/// A [KtlsSocket] starts as plain TCP. Once keys are installed with `setTx` and `setRx`, what is
/// sent becomes TLS records and what is received is decrypted, in the way the Linux document
/// *Kernel TLS* describes; record types other than application data arrive as control records. A
/// [RecordEngine] holds what the sockets of one event loop share: the buffer allocator, the AEAD
/// back end and the [TlsStat] counters.
///
/// That's it. This package does no handshake, knows no certificates and interprets no alert:
/// whoever uses it asks an agent for a session and answers control records. It has no threads and
/// no locks: one event loop owns an engine and every socket made from it.
///
/// Read next: [KtlsSocket], then along the way of the bytes: `TxContext`, `RecordSealer`, `TxState`
/// to send, `RecordOpener`, `RxState`, `RxContext` to receive; `KeyUpdates` where TLS 1.3 changes
/// keys; then the `netty` package, which puts a socket on a channel.
@NullMarked
package io.sallyport.ktls;

import org.jspecify.annotations.NullMarked;
