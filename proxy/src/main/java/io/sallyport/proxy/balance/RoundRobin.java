package io.sallyport.proxy.balance;

import java.util.List;
import java.util.Set;

/// Servers in turn, as often as their weights say, and spread out: with weights 2 and 1 the order
/// is a b a, never a a b.
///
/// Each turn every server earns its weight; the richest is chosen and pays what all earned
/// together. Owned by one event loop.
final class RoundRobin {
  private final List<Server> servers;

  RoundRobin(List<Server> servers) {
    this.servers = servers;
  }

  /// The next server that is not among `excluded`, of which there must be one.
  Server next(Set<Server> excluded) {
    Server richest = null;
    int earned = 0;
    for (Server server : servers) {
      if (excluded.contains(server)) {
        continue;
      }
      earned += server.weight();
      server.credit += server.weight();
      if (richest == null || server.credit > richest.credit) {
        richest = server;
      }
    }
    if (richest == null) {
      throw new IllegalArgumentException("every server is excluded");
    }
    richest.credit -= earned;
    return richest;
  }
}
