/// Opens connections to the servers of a backend.
@NullMarked
package io.sallyport.proxy.upstream;

import org.jspecify.annotations.NullMarked;
