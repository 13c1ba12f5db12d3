package io.sallyport.proxy.balance;

import io.sallyport.config.BackendConfig;
import io.sallyport.config.BackendTlsConfig;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// A named pool of servers, as one event loop sees it.
public final class Backend {
  private final BackendConfig config;
  private final List<Server> servers;
  private final RoundRobin balancer;

  public Backend(BackendConfig config) {
    this.config = config;
    servers = config.servers().stream().map(Server::new).toList();
    balancer =
        switch (config.balance()) {
          case ROUNDROBIN -> new RoundRobin(servers);
        };
  }

  /// The name in the configuration.
  public String name() {
    return config.name();
  }

  /// Number of servers.
  public int size() {
    return servers.size();
  }

  /// The server whose turn it is among those not in `excluded`, of which there must be one.
  public Server next(Set<Server> excluded) {
    return balancer.next(excluded);
  }

  /// Whether its servers are spoken to in TLS, and how.
  public BackendTlsConfig tls() {
    return config.tls();
  }

  /// How long to wait for a server to accept, its handshake included.
  public Duration connectTimeout() {
    return config.timeout().connect();
  }

  /// How long a server may be silent.
  public Duration serverTimeout() {
    return config.timeout().server();
  }
}
