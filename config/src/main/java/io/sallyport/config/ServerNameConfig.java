package io.sallyport.config;

import java.util.Locale;

/// The name that a backend asks its servers for and that their certificates have to have.
public sealed interface ServerNameConfig {
  /// The same for all of them.
  ///
  /// @param host a DNS name in lower case or an IP address
  record Fixed(String host) implements ServerNameConfig {
    public Fixed {
      if (!isHost(host)) {
        throw new IllegalArgumentException("server name " + ConfigError.quote(host));
      }
      host = host.toLowerCase(Locale.ROOT);
    }

    private static boolean isHost(String host) {
      // An underscore is no part of a server name; see SniPattern.
      return HostPort.isIpv4(host)
          || HostPort.isIpv6(host)
          || (HostPort.isDnsName(host) && host.indexOf('_') < 0);
    }

    @Override
    public String of(HostPort address) {
      return host;
    }
  }

  /// For each of them the host of its address.
  record FromAddress() implements ServerNameConfig {
    @Override
    public String of(HostPort address) {
      return address.host();
    }
  }

  /// The name for the server at that address: a DNS name in lower case or an IP address.
  String of(HostPort address);
}
