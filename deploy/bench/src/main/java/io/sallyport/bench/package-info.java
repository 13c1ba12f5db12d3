/// Benchmarks of the record engine against the floor that any engine over libcrypto pays.
///
/// Start at [io.sallyport.bench.RecordReport], which runs them in pairs.
@NullMarked
package io.sallyport.bench;

import org.jspecify.annotations.NullMarked;
