/// What a running process tells about itself, and what is done with the keyrings of its cluster,
/// over HTTP on a loopback address.
///
/// Read next: [AdminServer], then [KeysHandler].
@NullMarked
package io.sallyport.proxy.admin;

import org.jspecify.annotations.NullMarked;
