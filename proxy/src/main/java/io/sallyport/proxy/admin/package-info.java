/// What a running process tells about itself, over HTTP on a loopback address.
@NullMarked
package io.sallyport.proxy.admin;

import org.jspecify.annotations.NullMarked;
