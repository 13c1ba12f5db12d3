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
  private static final TlsConfig TLS =
      new TlsConfig("web", TlsVersionConfig.TLS_1_2, TlsVersionConfig.TLS_1_3, List.of());
  private static final Position POSITION = new Position(Path.of("s.yaml"), 1, 1);
  private static final FilePath FILE = new FilePath(Path.of("/site.pem"), POSITION);
  private static final KeyringConfig KEYRING =
      new KeyringConfig("web", List.of(new CertificateConfig(FILE, FILE)));
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
    isRefused("name \"a b\"", () -> new KeyringConfig("a b", KEYRING.certificates()));
    isRefused(
        "address \"10.0.0.1:1\", which other hosts could reach",
        () -> new AdminConfig.Listen(new HostPort("10.0.0.1", 1)));
    isRefused("SNI pattern \"A\"", () -> new SniPattern.Exact("A"));
  }

  @Test
  void emptyAndRepeatedThingsAreRefused() {
    ServerConfig server = new ServerConfig(ADDRESS, 1);
    isRefused("no certificates", () -> new KeyringConfig("web", List.of()));
    isRefused("no servers", () -> backend("app", List.of()));
    isRefused("duplicate server 127.0.0.1 8080", () -> backend("app", List.of(server, server)));
    isRefused("no sni", () -> new RouteConfig(List.of(), "app"));
    RouteConfig route = new RouteConfig(List.of(SniPattern.parse("a")), "app");
    isRefused("duplicate SNI pattern a", () -> listener(ADDRESS, "app", List.of(route, route), 1));
    isRefused(
        "duplicate protocol h2",
        () ->
            new TlsConfig(
                "web", TlsVersionConfig.TLS_1_2, TlsVersionConfig.TLS_1_3, List.of("h2", "h2")));
    isRefused(
        "min-version 1.3 above max-version 1.2",
        () -> new TlsConfig("web", TlsVersionConfig.TLS_1_3, TlsVersionConfig.TLS_1_2, List.of()));
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
    KeyringConfig other = new KeyringConfig("other", KEYRING.certificates());
    isRefused(
        "undefined keyring web", () -> proxy(List.of(other), List.of(listener), List.of(app)));
    isRefused("no listeners", () -> proxy(List.of(KEYRING), List.of(), List.of(app)));
    isRefused(
        "duplicate listener l",
        () -> proxy(List.of(KEYRING), List.of(listener, listener), List.of(app)));
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
    return new BackendConfig(name, BalanceConfig.ROUNDROBIN, servers, BackendTimeoutConfig.DEFAULT);
  }

  private static ProxyConfig proxy(
      List<KeyringConfig> keyrings, List<ListenerConfig> listeners, List<BackendConfig> backends) {
    return new ProxyConfig(NODE, AdminConfig.DEFAULT, keyrings, listeners, backends);
  }
}
