package io.sallyport.config;

import java.util.List;
import java.util.Locale;

/// How the members of a cluster find each other.
public sealed interface DiscoveryConfig {
  /// By a list of all of them.
  ///
  /// @param members each once; a host may be a DNS name
  record Members(List<HostPort> members) implements DiscoveryConfig {
    public Members {
      members = NonEmpty.copyOf("members", members);
      members.forEach(ServerConfig::checkAddress);
      Unique.check("member", members, HostPort::identity);
    }
  }

  /// By packets to a group of hosts.
  ///
  /// @param group a multicast address and a UDP port
  record Multicast(HostPort group) implements DiscoveryConfig {
    public Multicast {
      if (!ServerConfig.checkAddress(group).isMulticast()) {
        throw new IllegalArgumentException(
            "address \"" + group + "\", which is not one of multicast");
      }
    }
  }

  /// By the addresses that the DNS has for a headless service of Kubernetes. All members listen on
  /// the same port.
  ///
  /// @param service a DNS name in lower case
  record Kubernetes(String service) implements DiscoveryConfig {
    public Kubernetes {
      if (!HostPort.isDnsName(service)) {
        throw new IllegalArgumentException("service " + ConfigError.quote(service));
      }
      service = service.toLowerCase(Locale.ROOT);
    }
  }
}
