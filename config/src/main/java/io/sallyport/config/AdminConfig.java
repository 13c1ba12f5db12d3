package io.sallyport.config;

/// Where the admin interface listens, if anywhere.
public sealed interface AdminConfig {
  /// On a loopback address: the interface knows no users, so no other host may reach it.
  record Listen(HostPort address) implements AdminConfig {
    public Listen {
      if (!address.isLoopback()) {
        throw new IllegalArgumentException(
            "address \"" + address + "\", which other hosts could reach");
      }
    }
  }

  /// Nowhere.
  record Off() implements AdminConfig {}

  AdminConfig DEFAULT = new Listen(new HostPort("127.0.0.1", 9901));
}
