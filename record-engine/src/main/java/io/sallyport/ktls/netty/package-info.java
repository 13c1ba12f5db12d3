/// Puts a [io.sallyport.ktls.KtlsSocket] on a Netty channel.
///
/// [KtlsHandler] is the only type: it turns the channel's events into the socket's and is the
/// transport below it. It holds no protocol state of its own.
@NullMarked
package io.sallyport.ktls.netty;

import org.jspecify.annotations.NullMarked;
