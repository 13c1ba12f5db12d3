/// Placeholder.
@NullMarked
package io.sallyport.ktls;

import org.jspecify.annotations.NullMarked;
