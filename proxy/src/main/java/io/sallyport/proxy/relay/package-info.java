/// Carries bytes between the two sockets of a connection, once both are ready.
///
/// A [Relay] is two [Flow]s, one in each direction. It knows sockets, records and their ends; it
/// does not know listeners, backends or handshakes. Owned by the connection's event loop.
@NullMarked
package io.sallyport.proxy.relay;

import org.jspecify.annotations.NullMarked;
