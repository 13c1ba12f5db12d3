package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A record that would be invalid cannot be made, with or without a file.
final class RecordsTest {
  private static final HostPort ADDRESS = new HostPort("127.0.0.1", 8080);
  private static final TlsConfig TLS = tls(TlsVersionConfig.TLS_1_2, List.of());
  private static final Position POSITION = new Position(Path.of("s.yaml"), 1, 1);
  private static final FilePath FILE = new FilePath(Path.of("/site.pem"), POSITION);
  private static final List<CertificateConfig> CERTIFICATES =
      List.of(new CertificateConfig(FILE, FILE, new StaplingConfig.Off()));
  private static final KeyringConfig KEYRING = keyring("web", CERTIFICATES);
  private static final NodeConfig NODE =
      new NodeConfig("edge-1", Path.of("/data"), 1, Duration.ZERO);

  private static void isRefused(String message, Runnable make) {
    assertThatIllegalArgumentException().isThrownBy(make::run).withMessage(message);
  }

  @Test
  void valuesOutsideTheirBoundsAreRefused() {
    isRefused("line 0 outside 1 to 2147483647", () -> new Position(Path.of("f"), 0, 1));
    isRefused("weight 0 outside 1 to 256", () -> new ServerConfig(ADDRESS, 0));
    isRefused("weight 257 outside 1 to 256", () -> new ServerConfig(ADDRESS, 257));
    isRefused("port 0", () -> new ServerConfig(new HostPort("a", 0), 1));
    isRefused("port 65536", () -> new HostPort("a", 65536));
    isRefused("port -1", () -> new HostPort("a", -1));
    isRefused("host \"a b\"", () -> new HostPort("a b", 1));
    isRefused("maxconn 0 outside 1 to 1000000", () -> listener(ADDRESS, "app", List.of(), 0));
    isRefused(
        "timeout connect PT0S outside PT0.001S to PT576H",
        () -> new BackendTimeoutConfig(Duration.ZERO, Duration.ofSeconds(1)));
    isRefused(
        "event-loops 0 outside 1 to 1024",
        () -> new NodeConfig("n", Path.of("/d"), 0, Duration.ZERO));
    isRefused("relative path site.pem", () -> new FilePath(Path.of("site.pem"), POSITION));
    isRefused("relative data-dir d", () -> new NodeConfig("n", Path.of("d"), 1, Duration.ZERO));
    isRefused("name \"a b\"", () -> keyring("a b", CERTIFICATES));
    isRefused(
        "address \"10.0.0.1:1\", which other hosts could reach",
        () -> new AdminConfig.Listen(new HostPort("10.0.0.1", 1)));
    isRefused("SNI pattern \"A\"", () -> new SniPattern.Exact("A"));
  }

  @Test
  void emptyAndRepeatedThingsAreRefused() {
    ServerConfig server = new ServerConfig(ADDRESS, 1);
    isRefused("keyring web without anything in it", () -> keyring("web", List.of()));
    isRefused("no servers", () -> backend("app", List.of()));
    isRefused("duplicate server 127.0.0.1 8080", () -> backend("app", List.of(server, server)));
    isRefused("no sni", () -> new RouteConfig(List.of(), "app"));
    RouteConfig route = new RouteConfig(List.of(SniPattern.parse("a")), "app");
    isRefused("duplicate SNI pattern a", () -> listener(ADDRESS, "app", List.of(route, route), 1));
    isRefused("duplicate protocol h2", () -> tls(TlsVersionConfig.TLS_1_2, List.of("h2", "h2")));
    isRefused(
        "a listener that refuses every connection",
        () ->
            new ListenerConfig(
                "l",
                ADDRESS,
                TLS,
                List.of(),
                new UnmatchedConfig.Refuse(),
                ListenerTimeoutConfig.DEFAULT,
                1));
  }

  @Test
  void tlsThatCannotBeSpokenIsRefused() {
    List<TlsGroupConfig> groups = TlsConfig.DEFAULT_GROUPS;
    isRefused(
        "min-version 1.3 above max-version 1.2",
        () -> upstreamTls(TlsVersionConfig.TLS_1_2, VerifyConfig.NONE, groups));
    isRefused(
        "no groups", () -> upstreamTls(TlsVersionConfig.TLS_1_3, VerifyConfig.NONE, List.of()));
    TlsGroupConfig group = TlsGroupConfig.X25519;
    isRefused(
        "duplicate group x25519",
        () -> upstreamTls(TlsVersionConfig.TLS_1_3, VerifyConfig.NONE, List.of(group, group)));
    ClientNamePattern name = ClientNamePattern.parse("a");
    isRefused("duplicate client name a", () -> new ClientAuthConfig.Required(List.of(name, name)));
    isRefused(
        "ticket-lifetime PT59S outside PT1M to PT168H",
        () -> new TicketConfig.On(Duration.ofSeconds(59)));
    isRefused("server name \"a_b\"", () -> new ServerNameConfig.Fixed("a_b"));
  }

  @Test
  void aServerIsAskedForTheNameOfTheBackendOrItsOwn() {
    HostPort address = new HostPort("App.internal", 1);

    assertThat(new ServerNameConfig.FromAddress().of(address)).isEqualTo("app.internal");
    assertThat(new ServerNameConfig.Fixed("Other").of(address)).isEqualTo("other");
  }

  @Test
  void aKeyringHoldsWhatItIsReferredToFor() {
    BackendConfig app = backend("app", List.of(new ServerConfig(ADDRESS, 1)));
    ListenerConfig listener = listener(ADDRESS, "app", List.of(), 1);
    PskConfig psk = new PskConfig("edge", FILE);
    TrustConfig none = new TrustConfig.None();
    KeyringConfig onlyPsk = new KeyringConfig("web", List.of(), none, none, List.of(psk));
    isRefused(
        "keyring web without certificates",
        () -> proxy(List.of(onlyPsk), List.of(listener), List.of(app)));
    TlsConfig asking =
        new TlsConfig(
            "web",
            TLS.minVersion(),
            TLS.maxVersion(),
            TLS.alpn(),
            TLS.groups(),
            new ClientAuthConfig.Required(List.of()),
            false,
            TLS.tickets());
    ListenerConfig asks =
        new ListenerConfig(
            "l", ADDRESS, asking, List.of(), listener.unmatched(), listener.timeout(), 1);
    isRefused(
        "keyring web without client-ca",
        () -> proxy(List.of(KEYRING), List.of(asks), List.of(app)));
    BackendConfig verifying =
        new BackendConfig(
            "app",
            app.balance(),
            app.servers(),
            upstreamTls(TlsVersionConfig.TLS_1_3, VerifyConfig.REQUIRED, TLS.groups()),
            app.timeout());
    isRefused(
        "keyring web without server-ca",
        () -> proxy(List.of(KEYRING), List.of(listener), List.of(verifying)));
    isRefused(
        "client-ca system",
        () ->
            new KeyringConfig(
                "web", CERTIFICATES, new TrustConfig.SystemDefault(POSITION), none, List.of()));
    isRefused(
        "duplicate identity edge",
        () -> new KeyringConfig("web", List.of(), none, none, List.of(psk, psk)));
    isRefused("an identity of 0 bytes", () -> new PskConfig("", FILE));
    isRefused("an identity that is no Unicode", () -> new PskConfig("\ud83d", FILE));
  }

  @Test
  void aConfigDefinesEveryNameThatItRefersTo() {
    ListenerConfig listener = listener(ADDRESS, "app", List.of(), 1);
    BackendConfig app = backend("app", List.of(new ServerConfig(ADDRESS, 1)));
    BackendConfig api = backend("api", app.servers());

    ProxyConfig config = proxy(List.of(KEYRING), List.of(listener), List.of(app, api));

    assertThat(config.backend("api")).isSameAs(api);
    assertThat(config.keyring("web")).isSameAs(KEYRING);
    isRefused("undefined backend x", () -> config.backend("x"));
    isRefused(
        "undefined backend app", () -> proxy(List.of(KEYRING), List.of(listener), List.of(api)));
    KeyringConfig other = keyring("other", CERTIFICATES);
    isRefused(
        "undefined keyring web", () -> proxy(List.of(other), List.of(listener), List.of(app)));
    isRefused("no listeners", () -> proxy(List.of(KEYRING), List.of(), List.of(app)));
    isRefused(
        "duplicate listener l",
        () -> proxy(List.of(KEYRING), List.of(listener, listener), List.of(app)));
  }

  @Test
  void aClusterThatCannotBeIsRefused() {
    HostPort ours = new HostPort("10.0.0.1", 5701);
    HostPort theirs = new HostPort("10.0.0.2", 5701);
    DiscoveryConfig pair = new DiscoveryConfig.Members(List.of(ours, theirs));
    isRefused(
        "members without 10.0.0.3:5701", () -> member(new HostPort("10.0.0.3", 5701), pair, 2));
    isRefused("quorum 1 outside 2 to 2", () -> member(ours, pair, 1));
    isRefused("quorum 3 outside 2 to 2", () -> member(ours, pair, 3));
    isRefused(
        "host \"a\", which is not an address", () -> member(new HostPort("a", 5701), pair, 2));
    isRefused(
        "port 65534 without two above it", () -> member(new HostPort("10.0.0.1", 65534), pair, 2));
    isRefused("no members", () -> new DiscoveryConfig.Members(List.of()));
    isRefused(
        "duplicate member 10.0.0.1 5701", () -> new DiscoveryConfig.Members(List.of(ours, ours)));
    isRefused("service \"a b\"", () -> new DiscoveryConfig.Kubernetes("a b"));
    isRefused(
        "environment variable \"1\"", () -> new KeyEncryptionKeyConfig.Environment("1", POSITION));
    isRefused("name \"a/b\"", () -> new KeyEncryptionKeyConfig.Credential("a/b", POSITION));
    isRefused(
        "host \"0.0.0.0\", which is not the address of one interface",
        () -> new MemberLinkConfig.Secured(new HostPort("0.0.0.0", 1), FILE, FILE, FILE));
    isRefused(
        "name \"Edge\"",
        () ->
            new KeyringSharingConfig(
                KeyringSharingConfig.Mode.SIGN,
                KeyringSharingConfig.Tickets.SHARED,
                List.of("Edge")));
  }

  @Test
  void aMemberOfAClusterHasANameForACertificateAndNeedsNoKeyrings() {
    ClusterConfig cluster =
        member(
            new HostPort("10.0.0.1", 5701),
            new DiscoveryConfig.Multicast(new HostPort("224.2.2.3", 54327)),
            2,
            new HoldersConfig.Any());
    ListenerConfig listener = listener(ADDRESS, "app", List.of(), 1);
    BackendConfig app = backend("app", List.of(new ServerConfig(ADDRESS, 1)));
    NodeConfig unfit = new NodeConfig("Edge_1", Path.of("/data"), 1, Duration.ZERO);

    assertThat(
            new ProxyConfig(
                    NODE, AdminConfig.DEFAULT, cluster, List.of(), List.of(listener), List.of(app))
                .keyrings())
        .isEmpty();
    isRefused(
        "name \"Edge_1\"",
        () ->
            new ProxyConfig(
                unfit,
                AdminConfig.DEFAULT,
                cluster,
                List.of(KEYRING),
                List.of(listener),
                List.of(app)));
  }

  @Test
  void aMemberTakesKeyringsFromOthersThatItNames() {
    DiscoveryConfig discovery = new DiscoveryConfig.Multicast(new HostPort("224.2.2.3", 54327));
    HostPort bind = new HostPort("10.0.0.1", 5701);
    ListenerConfig listener = listener(ADDRESS, "app", List.of(), 1);
    BackendConfig app = backend("app", List.of(new ServerConfig(ADDRESS, 1)));

    isRefused("duplicate member edge-2", () -> holders("edge-2", "edge-2"));
    isRefused("name \"*\"", () -> holders("*"));
    isRefused("no holders", RecordsTest::holders);
    isRefused(
        "holders without a link to them",
        () ->
            new ClusterConfig.Member(
                "inner",
                bind,
                discovery,
                2,
                1,
                List.of(),
                new HoldersConfig.Any(),
                new MemberLinkConfig.Insecure()));
    isRefused(
        "undefined keyring web",
        () ->
            new ProxyConfig(
                NODE,
                AdminConfig.DEFAULT,
                member(bind, discovery, 2),
                List.of(),
                List.of(listener),
                List.of(app)));
    isRefused(
        "holder edge-1, which is the member",
        () ->
            new ProxyConfig(
                NODE,
                AdminConfig.DEFAULT,
                member(bind, discovery, 2, holders("edge-1")),
                List.of(),
                List.of(listener),
                List.of(app)));
  }

  private static HoldersConfig holders(String... names) {
    return new HoldersConfig.Named(List.of(names));
  }

  @Test
  void listsAreCopied() {
    List<ServerConfig> servers = new ArrayList<>(List.of(new ServerConfig(ADDRESS, 1)));
    BackendConfig backend = backend("app", servers);

    servers.clear();

    assertThat(backend.servers()).hasSize(1);
  }

  @Test
  void anAddressPrintsAsTheConfigWritesIt() {
    for (String text : List.of("127.0.0.1:80", "[2001:db8::1]:443", "app_1.internal:0")) {
      assertThat(HostPort.parse(text)).hasToString(text);
    }
    assertThat(HostPort.parse("LOCALHOST:1").host()).isEqualTo("localhost");
  }

  @Test
  void aMisspellingIsAtMostTwoEditsAway() {
    List<String> words = List.of("tls", "bind", "listeners");

    assertThat(Spelling.closest("tsl", words)).hasValue("tls");
    assertThat(Spelling.closest("BIND", words)).hasValue("bind");
    assertThat(Spelling.closest("lisetner", words)).hasValue("listeners");
    assertThat(Spelling.closest("blid", words)).isEmpty();
    assertThat(Spelling.closest("x".repeat(1000), words)).isEmpty();
    assertThat(Spelling.distance("", "abc")).isEqualTo(3);
    assertThat(Spelling.distance("abcd", "acbd")).isEqualTo(1);
    assertThat(Spelling.distance("kitten", "sitting")).isEqualTo(3);
  }

  private static ClusterConfig member(HostPort bind, DiscoveryConfig discovery, int quorum) {
    return member(bind, discovery, quorum, new HoldersConfig.Nobody());
  }

  private static ClusterConfig member(
      HostPort bind, DiscoveryConfig discovery, int quorum, HoldersConfig holders) {
    return new ClusterConfig.Member(
        "inner",
        bind,
        discovery,
        quorum,
        1,
        List.of(),
        holders,
        new MemberLinkConfig.Secured(bind, FILE, FILE, FILE));
  }

  private static ListenerConfig listener(
      HostPort bind, String backend, List<RouteConfig> routes, int maxconn) {
    return new ListenerConfig(
        "l",
        bind,
        TLS,
        routes,
        new UnmatchedConfig.Forward(backend),
        ListenerTimeoutConfig.DEFAULT,
        maxconn);
  }

  private static BackendConfig backend(String name, List<ServerConfig> servers) {
    return new BackendConfig(
        name,
        BalanceConfig.ROUNDROBIN,
        servers,
        new BackendTlsConfig.Off(),
        BackendTimeoutConfig.DEFAULT);
  }

  private static KeyringConfig keyring(String name, List<CertificateConfig> certificates) {
    return new KeyringConfig(
        name, certificates, new TrustConfig.None(), new TrustConfig.None(), List.of());
  }

  private static TlsConfig tls(TlsVersionConfig min, List<String> alpn) {
    return new TlsConfig(
        "web",
        min,
        TlsVersionConfig.TLS_1_3,
        alpn,
        TlsConfig.DEFAULT_GROUPS,
        new ClientAuthConfig.None(),
        false,
        TicketConfig.DEFAULT);
  }

  private static BackendTlsConfig.On upstreamTls(
      TlsVersionConfig max, VerifyConfig verify, List<TlsGroupConfig> groups) {
    return new BackendTlsConfig.On(
        "web",
        verify,
        new ServerNameConfig.FromAddress(),
        TlsVersionConfig.TLS_1_3,
        max,
        List.of(),
        groups);
  }

  private static ProxyConfig proxy(
      List<KeyringConfig> keyrings, List<ListenerConfig> listeners, List<BackendConfig> backends) {
    return new ProxyConfig(
        NODE, AdminConfig.DEFAULT, new ClusterConfig.Off(), keyrings, listeners, backends);
  }
}
