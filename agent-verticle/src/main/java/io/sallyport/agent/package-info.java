/// The handshake agent: does TLS handshakes for whoever asks through `io.sallyport.handshake`.
///
/// [AgentVerticle] owns the threads and the queue; a `Handshake` is one handshake, bytes in and
/// bytes out; `ServerPeer` holds the decisions a server makes; `KtlsInstaller` turns the secrets at
/// the end into keys for the record layer. The protocol itself is Bouncy Castle's, with its costly
/// primitives taken from libcrypto where that is to be had.
///
/// That's it. An agent never touches a socket, and this package keeps no session once it has
/// answered.
///
/// Read next: [AgentVerticle], `Handshake`, `ServerPeer`.
@NullMarked
package io.sallyport.agent;

import org.jspecify.annotations.NullMarked;
