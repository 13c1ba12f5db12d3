/// The event loops' way to the kernel: epoll where there is epoll, NIO elsewhere, and when they
/// wait for it; the sockets with their options, and the buffers that are read into.
@NullMarked
package io.sallyport.proxy.transport;

import org.jspecify.annotations.NullMarked;
