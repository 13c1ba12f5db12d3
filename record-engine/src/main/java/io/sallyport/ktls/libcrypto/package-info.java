/// Binding to OpenSSL's `libcrypto.so.3` through the foreign function interface.
///
/// The only package that touches native memory by address. [Libcrypto] loads and probes the
/// library; [EvpAead] is what the record layer uses; the EVP_PKEY classes are for the handshake
/// agent's costly primitives. Nothing here knows what a record or a handshake is.
///
/// Objects are confined to the thread that uses them, unless their documentation says otherwise;
/// each owns native memory and frees it on `close`.
@NullMarked
package io.sallyport.ktls.libcrypto;

import org.jspecify.annotations.NullMarked;
