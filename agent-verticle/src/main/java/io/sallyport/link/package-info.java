/// Member links: handshakes that one member services for another.
///
/// Each member of a cluster keeps a TLS session to every other, made by Sallyport itself: client
/// certificates required, trust in the cluster's own authority and nobody else. Over it a member
/// asks for what it has no key for: the public view of a keyring, a signature and a ticket
/// (`sign`), or a whole handshake (`relay`). The receiver knows who asks by the certificate of the
/// session, which is what grants are for; a request cannot be replayed or redirected, because it is
/// a record of that one session; and traffic secrets that travel stay outside the heap on both
/// sides. Whose keyrings a member uses is its own operator's word: those of the members that its
/// config names.
///
/// One event loop of a member owns all its links. Read next: [MemberLinks], then `MemberLink`, the
/// asking side, `AskedLink`, the answering side, and `LinkFrame`, what they say to each other.
@NullMarked
package io.sallyport.link;

import org.jspecify.annotations.NullMarked;
