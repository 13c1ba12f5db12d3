/// The event loops' way to the kernel: epoll where there is epoll, NIO elsewhere.
@NullMarked
package io.sallyport.proxy.transport;

import org.jspecify.annotations.NullMarked;
