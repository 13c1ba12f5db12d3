/// Keyrings: named scopes of keys, and of whom to trust.
///
/// A [KeyringStore] holds [Keyring]s by name; a keyring holds [CertifiedKey]s and chooses among
/// them by server name, [PreSharedKey]s by identity, and a [TrustSet] for clients and one for
/// servers. [KeyringLoader] makes one of the files that a config names, or finds all that is wrong
/// with them. The store also remembers by serial who peers proved to be, as [PeerIdentity].
/// [SelfSignedCertificate] makes the files of the quickstart.
///
/// Private keys and pre-shared secrets live outside the Java heap and are wiped; nothing here turns
/// one into a String. Where libcrypto is missing, [SigningKey] says what that costs.
///
/// That's it. This package speaks no TLS and verifies no peer.
///
/// Read next: [Keyring], then [KeyringLoader].
@NullMarked
package io.sallyport.keyring;

import org.jspecify.annotations.NullMarked;
