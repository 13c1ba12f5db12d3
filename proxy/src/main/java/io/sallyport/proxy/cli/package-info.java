/// The command line: one class per command; those of `keys` about a running member are the methods
/// of one.
///
/// Results go to stdout, words for people to stderr. Exit codes: 0 fine, 1 failed, 2 wrong usage. A
/// user's mistake is one line, never a stack trace.
@NullMarked
package io.sallyport.proxy.cli;

import org.jspecify.annotations.NullMarked;
