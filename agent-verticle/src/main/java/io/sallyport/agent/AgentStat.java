package io.sallyport.agent;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What an agent does at a moment, and what it has counted.
///
/// @param pending handshakes that wait for a thread
/// @param running handshakes that were accepted and have not ended, those that wait among them
/// @param serviced who did the handshakes of a member of a cluster, and how they ended, by flat
///   name; empty elsewhere, where all are done here
public record AgentStat(int pending, int running, SortedMap<String, Long> serviced) {
  /// Nothing.
  public static final AgentStat NONE = new AgentStat(0, 0, new TreeMap<>());

  public AgentStat {
    serviced = Collections.unmodifiableSortedMap(new TreeMap<>(serviced));
  }
}
