/// Envelopes: bytes that only members of a cluster with the right key can open, whoever keeps them.
///
/// A [DataKey] seals what must stay secret, AES-256-GCM, and binds each ciphertext to what it is
/// for. The data key itself is wrapped by a [KeyEncryptionKey], which never leaves the member that
/// was given it: [KeyEncryptionKeyReader] takes it from a file, the environment or a systemd
/// credential, and [KeyEncryptionKeys] is the ring of those that a member has. A [SealedRecord]
/// puts both together: a name and a version that anyone can read, the wrapped data key, and a
/// sealed body. What opening comes to is an [Opening].
///
/// Keys are off-heap and wiped; the JDK's cipher has copies on the heap while it works, and leaves
/// them to the garbage collector.
///
/// That's it. This package stores nothing, and knows no keyring and no cluster.
///
/// Read next: [SealedRecord], then [KeyEncryptionKeys].
@NullMarked
package io.sallyport.envelope;

import org.jspecify.annotations.NullMarked;
