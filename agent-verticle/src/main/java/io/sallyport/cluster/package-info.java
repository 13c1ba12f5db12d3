/// The cluster: who is in it, and what its members share.
///
/// [Membership] joins this process to the others and tells who they are. [HazelcastSettings] is all
/// that the Hazelcast inside it is told. Vert.x runs on the same membership, with an event bus of
/// its own.
///
/// Nothing that crosses here in the clear is secret: Hazelcast has no TLS of its own, so whoever
/// reaches its port can read and write what it holds, and join. The event bus is under mutual TLS
/// unless the config says `insecure`. Private keys and what opens them never pass through here
/// unsealed.
///
/// That's it. This package opens no keyring and does no handshake. No other package sees Hazelcast,
/// and without a cluster none of its classes is loaded.
///
/// Read next: [Membership].
@NullMarked
package io.sallyport.cluster;

import org.jspecify.annotations.NullMarked;
