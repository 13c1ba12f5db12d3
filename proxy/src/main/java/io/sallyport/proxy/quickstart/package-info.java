/// What `sallyport run` does without a config file: everything needed to see the proxy answer, on
/// loopback, with files that can be looked at and copied.
@NullMarked
package io.sallyport.proxy.quickstart;

import org.jspecify.annotations.NullMarked;
