/// A load that a member makes for itself, so that the virtual machine learns what a busy one does:
/// `sallyport train` runs it and the machine keeps what it learned in a cache.
@NullMarked
package io.sallyport.proxy.training;

import org.jspecify.annotations.NullMarked;
