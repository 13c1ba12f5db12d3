/// Session tickets: what lets a client resume a TLS session of which the server keeps nothing (TLS
/// 1.2: RFC 5077; TLS 1.3: RFC 9846 §4.7.1, 8446 §4.6.1).
///
/// A [SessionTicket] is what must be remembered; [TicketSealer] turns it into bytes that only the
/// holders of the [TicketKeys] can read, and back, by itself or through another member, as its
/// [TicketCipher] has it; [TicketBinding] is what ties it to the server certificate and to the
/// [TicketRules] it was issued under, so that it never carries anyone past a stricter one.
///
/// That's it. This package speaks no TLS: it makes no handshake message and decides no suite.
///
/// Read next: [TicketSealer], then [TicketBinding].
@NullMarked
package io.sallyport.ticket;

import org.jspecify.annotations.NullMarked;
