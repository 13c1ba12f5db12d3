/// The handshake API: whoever needs a TLS session on a socket asks an agent for it.
///
/// Shaped after *In-Kernel TLS Handshake*: [HandshakeAgent] takes a request with a socket in it,
/// and the socket comes back with its keys installed when `done` is called. An accepted request is
/// answered exactly once, a refused one never; any doubt means *deny*.
///
/// Two sides meet here. The consumer's side is [HandshakeAgent], [HandshakeArgs], [HandshakeSubmit]
/// and [HandshakeOutcome]; it is confined to the event loop of its sockets. The agent's side is
/// [HandshakeService]: bytes in, bytes out, never a socket, so that an agent can be elsewhere; it
/// is called from any event loop and answers from any thread.
///
/// That's it. This package knows no protocol message, no certificate and no cryptography beyond
/// handing keys to the record layer.
///
/// Read next: [HandshakeAgent], then `SocketHandshake`, then `io.sallyport.agent`, which implements
/// the service.
@NullMarked
package io.sallyport.handshake;

import org.jspecify.annotations.NullMarked;
