package io.sallyport.config;

/// One address in a backend.
///
/// @param address its port is not 0
/// @param weight its share of the backend's connections relative to its neighbours, 1 to 256
public record ServerConfig(HostPort address, int weight) {
  public static final int DEFAULT_WEIGHT = 1;

  public ServerConfig {
    checkAddress(address);
    Range.WEIGHT.check("weight", weight);
  }

  static HostPort checkAddress(HostPort address) {
    if (address.port() == 0) {
      throw new IllegalArgumentException("port 0");
    }
    return address;
  }
}
