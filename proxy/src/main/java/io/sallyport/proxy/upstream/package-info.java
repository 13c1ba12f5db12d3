/// Opens connections to the servers of a backend, in TLS where the backend asks for it.
///
/// Read [UpstreamSearch] first: connect → client handshake request → agent → done.
@NullMarked
package io.sallyport.proxy.upstream;

import org.jspecify.annotations.NullMarked;
