package io.sallyport.proxy.balance;

import io.sallyport.config.HostPort;
import io.sallyport.config.ServerConfig;

/// One address of a backend, with its place in the rotation. Owned by one event loop.
public final class Server {
  private final HostPort address;
  private final int weight;

  /// How far this server is ahead of its turn; see [RoundRobin].
  int credit;

  Server(ServerConfig config) {
    address = config.address();
    weight = config.weight();
  }

  /// Where it listens.
  public HostPort address() {
    return address;
  }

  int weight() {
    return weight;
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
