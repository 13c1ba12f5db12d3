/// The cluster: who is in it, and the keyrings that its members share.
///
/// [Membership] joins this process to the others and tells who they are; [HazelcastSettings] is all
/// that the Hazelcast inside it is told. Vert.x runs on the same membership, with an event bus of
/// its own. [ClusterKeyringStore] is the [io.sallyport.keyring.KeyringStore] of a member: it opens
/// the keyrings that one of its key-encryption keys is for, keeps them open, and follows every
/// change. [KeyringOperations] makes the changes. [ClusterStatistics] sums what the members count.
///
/// Maps of Hazelcast hold all of it, as bytes and numbers:
///
/// | map | id | value |
/// |---|---|---|
/// | `sallyport.keyrings` | name of the keyring | its manifest, an [io.sallyport.envelope.SealedRecord] |
/// | `sallyport.keys` | `KEYRING/SERIAL/VERSION` | one key, sealed under the keyring's data key for exactly this id |
/// | `sallyport.serials` | `next` | the first serial that was not given away |
/// | `sallyport.tickets` | `KEYRING/SECONDS` | a ring of ticket keys, sealed as a key is |
///
/// A change puts its new keys, then exchanges the manifest if that is still the one it began with,
/// then deletes what is no longer in it. So whoever reads a manifest finds its keys, or finds a
/// later manifest. Whatever was changed, exchanged, cut, left out or put back by someone without
/// the key-encryption key is refused, and what was in service before stays.
///
/// Nothing that crosses here in the clear is secret: Hazelcast has no TLS of its own, so whoever
/// reaches its port can read and write what it holds, and join. The event bus is under mutual TLS
/// unless the config says `insecure`. No other package sees Hazelcast, and without a cluster none
/// of its classes is loaded.
///
/// Read next: [Membership], [ClusterKeyringStore], then [KeyringOperations].
@NullMarked
package io.sallyport.cluster;

import org.jspecify.annotations.NullMarked;
