/// What the proxy counts, and the closed list of reasons why a connection ends.
@NullMarked
package io.sallyport.proxy.stat;

import org.jspecify.annotations.NullMarked;
