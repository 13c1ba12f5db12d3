/// Keyrings: named scopes of keys, and of whom to trust.
///
/// A [KeyringStore] holds [Keyring]s by name; a keyring holds [CertifiedKey]s and chooses among
/// them by server name, [PreSharedKey]s by identity, and a [TrustSet] for clients and one for
/// servers. [KeyringFiles] reads the files that a config names into [KeyMaterial], or finds all
/// that is wrong with them; a keyring is made of such material and the serials it is given,
/// wherever both come from, and [KeyringLoader] does so for files. The store also remembers by
/// serial who peers proved to be, as [PeerIdentity]. [SelfSignedCertificate] makes the files of the
/// quickstart.
///
/// For a store that other members share, material has a form of bytes, [KeyMaterialForm], and
/// [KeyringManifest] says which keys belong to a keyring. Both are to be sealed: that is not done
/// here.
///
/// Private keys and pre-shared secrets live outside the Java heap and are wiped; nothing here turns
/// one into a String. Where libcrypto is missing, [SigningKey] says what that costs.
///
/// That's it. This package speaks no TLS and verifies no peer.
///
/// Read next: [Keyring], then [KeyMaterial].
@NullMarked
package io.sallyport.keyring;

import org.jspecify.annotations.NullMarked;
