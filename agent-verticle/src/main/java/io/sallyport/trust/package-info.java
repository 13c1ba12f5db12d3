/// Whom to trust: what a peer's certificates are worth, for servers that verify clients and for
/// clients that verify servers.
///
/// A [PathValidator] holds a trust set (anchors, CRLs, one [Purpose]) and gives a [Verdict] on the
/// certificates of a peer. What a trusted certificate is good for is a second question:
/// [ReferenceIdentity] says whether it is for a host, [AllowedNames] whether its owner is let in.
///
/// The path rules are the JDK's (RFC 5280 §6), with more of our own on top; nothing is fetched from
/// the network, and nothing is remembered of a peer.
///
/// That's it. This package speaks no TLS, reads no files and knows no keyring.
///
/// Read next: [PathValidator], then [Verdict].
@NullMarked
package io.sallyport.trust;

import org.jspecify.annotations.NullMarked;
