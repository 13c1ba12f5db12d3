package io.sallyport.proxy.route;

import io.sallyport.config.ListenerConfig;
import io.sallyport.config.RouteConfig;
import io.sallyport.config.SniPattern;
import io.sallyport.config.UnmatchedConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The routes of one listener: server name to the name of a backend.
///
/// An exact name wins over a wildcard; a wildcard stands for exactly one label (RFC 9525 §6.3).
/// Immutable.
public final class RouteTable {
  private final Map<String, String> exact = new HashMap<>();

  /// By the part behind `*.`.
  private final Map<String, String> wildcard = new HashMap<>();

  private final Optional<String> unmatched;

  /// The routes as configured; the configuration has no pattern twice.
  public RouteTable(ListenerConfig listener) {
    for (RouteConfig route : listener.routes()) {
      for (SniPattern pattern : route.sni()) {
        switch (pattern) {
          case SniPattern.Exact(String host) -> exact.put(host, route.backend());
          case SniPattern.Wildcard(String parent) -> wildcard.put(parent, route.backend());
        }
      }
    }
    unmatched =
        switch (listener.unmatched()) {
          case UnmatchedConfig.Forward(String backend) -> Optional.of(backend);
          case UnmatchedConfig.Refuse() -> Optional.empty();
        };
  }

  /// The backend for a client that asked for `serverName`, in lower case, or for none; empty when
  /// such a client is refused.
  public Optional<String> backendFor(@Nullable String serverName) {
    if (serverName == null) {
      return unmatched;
    }
    String backend = exact.get(serverName);
    if (backend == null) {
      int dot = serverName.indexOf('.');
      backend = dot < 0 ? null : wildcard.get(serverName.substring(dot + 1));
    }
    return backend == null ? unmatched : Optional.of(backend);
  }
}
