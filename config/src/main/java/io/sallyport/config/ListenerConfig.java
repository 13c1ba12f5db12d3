package io.sallyport.config;

import java.util.List;

/// A bound address, and what happens to the connections that arrive there.
///
/// @param bind where it listens
/// @param routes no SNI pattern appears twice among them, so at most one exact name and one
///   wildcard fit a server name, and the exact name wins; may be empty when `unmatched` forwards
/// @param unmatched what happens to a connection that no route takes
/// @param maxconn how many connections may be open at a time, 1 to 1,000,000
public record ListenerConfig(
    String name,
    HostPort bind,
    TlsConfig tls,
    List<RouteConfig> routes,
    UnmatchedConfig unmatched,
    ListenerTimeoutConfig timeout,
    int maxconn) {
  public static final int DEFAULT_MAXCONN = 10_000;

  public ListenerConfig {
    Names.check(name);
    routes = List.copyOf(routes);
    if (routes.isEmpty() && unmatched instanceof UnmatchedConfig.Refuse) {
      throw new IllegalArgumentException("a listener that refuses every connection");
    }
    List<SniPattern> patterns = routes.stream().flatMap(route -> route.sni().stream()).toList();
    Unique.check("SNI pattern", patterns, pattern -> pattern);
    Range.MAXCONN.check("maxconn", maxconn);
  }
}
