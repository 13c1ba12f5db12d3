/// The proxy tested as its users use it: real sockets, real peers, real files.
@NullMarked
package io.sallyport.proxy;

import org.jspecify.annotations.NullMarked;
