/// Backends, their servers, and the order in which connections go to them.
///
/// Each event loop has its own [Backend] objects, so choosing a server shares nothing.
@NullMarked
package io.sallyport.proxy.balance;

import org.jspecify.annotations.NullMarked;
