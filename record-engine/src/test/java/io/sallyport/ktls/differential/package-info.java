/// The same script of socket calls sent to a real kernel TLS socket and to the record engine, and
/// their answers compared: [io.sallyport.ktls.differential.ConformanceVsKernel] is where it starts.
///
/// Not a unit test: it needs a Linux with kernel TLS and TLS 1.3 rekey, which
/// `deploy/bin/conformance-vs-kernel` finds.
@NullMarked
package io.sallyport.ktls.differential;

import org.jspecify.annotations.NullMarked;
