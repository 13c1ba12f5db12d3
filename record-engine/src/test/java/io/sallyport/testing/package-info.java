/// Test fixtures shared by all modules: transports in memory, seeded randomness, real peers.
@NullMarked
package io.sallyport.testing;

import org.jspecify.annotations.NullMarked;
