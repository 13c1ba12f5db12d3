package io.sallyport.config;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// A whole, valid config file.
///
/// Guarantees beyond its parts: listeners, backends and keyrings have unique names; there is at
/// least one of each; no two listeners bind one address, port 0 aside; every name that a listener
/// or a backend refers to is defined here, and a keyring holds what it is referred to for.
///
/// A member of a cluster need not define a keyring: what is not defined here is defined there, if
/// the member opens keyrings or takes them from others. Its name is one that can stand in a
/// certificate.
public record ProxyConfig(
    NodeConfig node,
    AdminConfig admin,
    ClusterConfig cluster,
    List<KeyringConfig> keyrings,
    List<ListenerConfig> listeners,
    List<BackendConfig> backends) {
  public ProxyConfig {
    boolean clustered = cluster instanceof ClusterConfig.Member;
    boolean usesOthers = false;
    if (cluster instanceof ClusterConfig.Member member) {
      Names.checkMember(node.name());
      usesOthers = member.usesKeyringsOfCluster();
      if (member.holders() instanceof HoldersConfig.Named(List<String> holders)
          && holders.contains(node.name())) {
        throw new IllegalArgumentException("holder " + node.name() + ", which is the member");
      }
    }
    keyrings = clustered ? List.copyOf(keyrings) : NonEmpty.copyOf("keyrings", keyrings);
    listeners = NonEmpty.copyOf("listeners", listeners);
    backends = NonEmpty.copyOf("backends", backends);
    Unique.check("keyring", keyrings, KeyringConfig::name);
    Unique.check("listener", listeners, ListenerConfig::name);
    Unique.check("backend", backends, BackendConfig::name);
    List<HostPort> binds =
        listeners.stream().map(ListenerConfig::bind).filter(bind -> bind.port() != 0).toList();
    Unique.check("bind", binds, HostPort::identity);
    for (ListenerConfig listener : listeners) {
      String ring = listener.tls().keyring();
      if (!usesOthers || defines(keyrings, ring)) {
        check(listener.tls(), find("keyring", keyrings, KeyringConfig::name, ring));
      }
      for (String backend : referredBackends(listener)) {
        find("backend", backends, BackendConfig::name, backend);
      }
    }
    for (BackendConfig backend : backends) {
      if (backend.tls() instanceof BackendTlsConfig.On tls
          && (!usesOthers || defines(keyrings, tls.keyring()))) {
        KeyringConfig keyring = find("keyring", keyrings, KeyringConfig::name, tls.keyring());
        require(tls.verify() == VerifyConfig.NONE || keyring.trustsServers(), keyring, "server-ca");
      }
    }
  }

  private static boolean defines(List<KeyringConfig> keyrings, String name) {
    return keyrings.stream().anyMatch(keyring -> keyring.name().equals(name));
  }

  private static void check(TlsConfig tls, KeyringConfig keyring) {
    require(keyring.hasCertificates(), keyring, "certificates");
    require(
        tls.clientAuth() instanceof ClientAuthConfig.None || keyring.trustsClients(),
        keyring,
        "client-ca");
  }

  private static void require(boolean has, KeyringConfig keyring, String part) {
    if (!has) {
      throw new IllegalArgumentException("keyring " + keyring.name() + " without " + part);
    }
  }

  /// The keyring of that name.
  ///
  /// @throws IllegalArgumentException when there is none, which a name inside this config can cause
  ///   only in a cluster
  public KeyringConfig keyring(String name) {
    return find("keyring", keyrings, KeyringConfig::name, name);
  }

  /// The backend of that name.
  ///
  /// @throws IllegalArgumentException when there is none, which no name inside this config can
  ///   cause
  public BackendConfig backend(String name) {
    return find("backend", backends, BackendConfig::name, name);
  }

  private static List<String> referredBackends(ListenerConfig listener) {
    Stream<String> unmatched =
        switch (listener.unmatched()) {
          case UnmatchedConfig.Forward(String backend) -> Stream.of(backend);
          case UnmatchedConfig.Refuse() -> Stream.empty();
        };
    return Stream.concat(listener.routes().stream().map(RouteConfig::backend), unmatched).toList();
  }

  private static <T> T find(String what, List<T> all, Function<T, String> name, String wanted) {
    for (T one : all) {
      if (name.apply(one).equals(wanted)) {
        return one;
      }
    }
    throw new IllegalArgumentException("undefined " + what + " " + wanted);
  }
}
