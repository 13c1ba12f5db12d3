/// The kernel's own TLS self-test, case by case and under the kernel's names, against this engine.
///
/// The list of cases is `cases.txt`; [ConformanceReport] writes what was run and how it ended to
/// `target/conformance.txt`. A case about processes, signals or file descriptors runs as what it
/// comes to on an event loop, and says so. Names of cases, fixtures and variants are the kernel's.
///
/// Read next: [Calls], which makes a case read like the kernel's calls, and [TlsFixture].
@NullMarked
package io.sallyport.ktls.conformance;

import org.jspecify.annotations.NullMarked;
