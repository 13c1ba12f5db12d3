/// Keyrings: named scopes of certificates and private keys.
///
/// A [KeyringStore] holds [Keyring]s by name; a keyring holds [CertifiedKey]s and chooses among
/// them by server name. [KeyringLoader] makes one of the files that a config names, or finds all
/// that is wrong with them. [SelfSignedCertificate] makes the files of the quickstart.
///
/// Private keys live outside the Java heap and are wiped; nothing here turns one into a String.
/// Where libcrypto is missing, [SigningKey] says what that costs.
///
/// That's it. This package speaks no TLS and knows no peer.
///
/// Read next: [Keyring], then [KeyringLoader].
@NullMarked
package io.sallyport.keyring;

import org.jspecify.annotations.NullMarked;
