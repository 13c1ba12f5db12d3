/// Bound addresses: accepting connections, and how many of them.
@NullMarked
package io.sallyport.proxy.listen;

import org.jspecify.annotations.NullMarked;
