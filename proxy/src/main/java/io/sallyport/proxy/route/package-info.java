/// Chooses the backend of a connection by what its handshake told.
@NullMarked
package io.sallyport.proxy.route;

import org.jspecify.annotations.NullMarked;
