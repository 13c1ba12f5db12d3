package io.sallyport.config;

import java.util.List;

/// Sends connections to a backend by the server name that the client asks for.
///
/// @param sni at least one pattern; one that fits is enough
/// @param backend the name of a backend
public record RouteConfig(List<SniPattern> sni, String backend) {
  public RouteConfig {
    sni = NonEmpty.copyOf("sni", sni);
  }
}
