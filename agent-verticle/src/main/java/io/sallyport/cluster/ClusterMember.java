package io.sallyport.cluster;

import io.sallyport.config.HostPort;
import java.util.Optional;

/// A member of the cluster, as it describes itself when it joins.
///
/// Not proven: whoever joins can claim to be anyone. What a member link's certificate says counts.
///
/// @param name its `node.name`
/// @param incarnation random, another one each time that a process starts
/// @param link where it listens for handshakes of other members; empty when it has no link
public record ClusterMember(String name, String incarnation, Optional<HostPort> link) {}
