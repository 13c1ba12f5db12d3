package io.sallyport.config;

import java.util.List;

/// A named pool of servers.
///
/// @param servers at least one, no address twice
/// @param tls whether its servers are spoken to in TLS
public record BackendConfig(
    String name,
    BalanceConfig balance,
    List<ServerConfig> servers,
    BackendTlsConfig tls,
    BackendTimeoutConfig timeout) {
  public BackendConfig {
    Names.check(name);
    servers = NonEmpty.copyOf("servers", servers);
    Unique.check("server", servers, server -> server.address().identity());
  }
}
