/// What both legs of a connection do about TLS: what the configuration demands of a handshake, what
/// to say of one that failed, and the goodbye behind an alert.
@NullMarked
package io.sallyport.proxy.tls;

import org.jspecify.annotations.NullMarked;
