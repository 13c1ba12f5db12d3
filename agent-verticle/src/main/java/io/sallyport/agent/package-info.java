/// The handshake agent: does TLS handshakes for whoever asks through `io.sallyport.handshake`.
///
/// [AgentVerticle] owns the threads and the queue; a `Handshake` is one handshake, bytes in and
/// bytes out; `ServerPeer` and `ClientPeer` hold the decisions of either side, `ServerProtocol` and
/// `ClientProtocol` look at every message before Bouncy Castle, whose the protocol itself is;
/// `KtlsInstaller` turns the secrets at the end into keys for the record layer. The costly
/// primitives are libcrypto's where that is to be had.
///
/// That's it. An agent never touches a socket. What it keeps of a session is what can resume it:
/// `TicketStore` the keys of the tickets it gave, `ClientSessions` the tickets it got.
///
/// Read next: [AgentVerticle], `Handshake`, `ServerPeer`.
@NullMarked
package io.sallyport.agent;

import org.jspecify.annotations.NullMarked;
