package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole files: what a right one becomes, and everything that is wrong with a file as such.
final class ConfigLoaderTest {
  private static final String EXPECTED_FILE = ", expected a config file of at most 1 MiB in UTF-8";

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  @Test
  void theFullExampleBecomesEveryRecord() throws IOException {
    Path file = files.write(ConfigFiles.FULL);

    assertThat(ConfigLoader.load(file)).isEqualTo(new ConfigLoader.Loaded(full(file)));
  }

  private ProxyConfig full(Path file) {
    return new ProxyConfig(
        new NodeConfig("edge-1", files.path("./data"), 2, Duration.ofSeconds(45)),
        new AdminConfig.Listen(new HostPort("127.0.0.1", 9902)),
        new ClusterConfig.Member(
            "inner",
            new HostPort("10.0.0.1", 5701),
            new DiscoveryConfig.Members(
                List.of(
                    new HostPort("10.0.0.1", 5701),
                    new HostPort("edge-2.internal", 5701),
                    new HostPort("2001:db8::1", 5701))),
            3,
            2,
            List.of(
                new KeyEncryptionKeyConfig.File(named("kek", file, 66, 14)),
                new KeyEncryptionKeyConfig.Environment("SALLYPORT_KEK", new Position(file, 67, 21)),
                new KeyEncryptionKeyConfig.Credential("old.kek", new Position(file, 68, 20))),
            new HoldersConfig.Named(List.of("edge-2", "edge-3.internal")),
            new MemberLinkConfig.Secured(
                new HostPort("10.0.0.1", 7000),
                named("node.pem", file, 70, 38),
                named("node.key", file, 70, 53),
                named("cluster.pem", file, 70, 67))),
        List.of(
            new KeyringConfig(
                "web",
                List.of(
                    new CertificateConfig(
                        named("site.pem", file, 7, 17),
                        named("site.key", file, 7, 32),
                        new StaplingConfig.Staple(named("site.ocsp", file, 7, 48))),
                    new CertificateConfig(
                        named("other.pem", file, 8, 17),
                        named("other.key", file, 8, 33),
                        new StaplingConfig.Off())),
                new TrustConfig.Anchors(
                    named("clients.pem", file, 9, 16), List.of(named("clients.crl", file, 10, 17))),
                new TrustConfig.SystemDefault(new Position(file, 11, 16)),
                List.of()),
            new KeyringConfig(
                "inside",
                List.of(),
                new TrustConfig.None(),
                new TrustConfig.Anchors(
                    named("servers.pem", file, 13, 16),
                    List.of(named("servers.crl", file, 14, 17))),
                List.of(new PskConfig("edge 1", named("edge.psk", file, 15, 44))),
                new KeyringSharingConfig(
                    KeyringSharingConfig.Mode.RELAY,
                    KeyringSharingConfig.Tickets.SEALED,
                    List.of("edge-2", "edge-3.internal")))),
        List.of(
            new ListenerConfig(
                "https",
                new HostPort("0.0.0.0", 8443),
                new TlsConfig(
                    "web",
                    TlsVersionConfig.TLS_1_2,
                    TlsVersionConfig.TLS_1_3,
                    List.of("h2", "http/1.1"),
                    List.of(TlsGroupConfig.X25519, TlsGroupConfig.SECP256R1),
                    new ClientAuthConfig.IfPresented(
                        List.of(
                            new ClientNamePattern.Dns(new SniPattern.Wildcard("clients.example")),
                            new ClientNamePattern.Uri("spiffe://example.com/Client"))),
                    true,
                    new TicketConfig.On(Duration.ofHours(1))),
                List.of(
                    new RouteConfig(
                        List.of(
                            new SniPattern.Exact("api.example.com"),
                            new SniPattern.Wildcard("api.example.com")),
                        "api")),
                new UnmatchedConfig.Forward("app"),
                new ListenerTimeoutConfig(
                    Duration.ofSeconds(5), Duration.ofMinutes(2), Duration.ofMillis(1500)),
                500),
            new ListenerConfig(
                "routed",
                new HostPort("::1", 9443),
                new TlsConfig(
                    "web",
                    TlsVersionConfig.TLS_1_2,
                    TlsVersionConfig.TLS_1_3,
                    List.of(),
                    TlsConfig.DEFAULT_GROUPS,
                    new ClientAuthConfig.None(),
                    false,
                    TicketConfig.DEFAULT),
                List.of(new RouteConfig(List.of(new SniPattern.Exact("other.example.com")), "api")),
                new UnmatchedConfig.Refuse(),
                ListenerTimeoutConfig.DEFAULT,
                10_000)),
        List.of(
            new BackendConfig(
                "app",
                BalanceConfig.ROUNDROBIN,
                List.of(
                    new ServerConfig(new HostPort("127.0.0.1", 8080), 3),
                    new ServerConfig(new HostPort("app.internal", 8080), 1)),
                new BackendTlsConfig.On(
                    "inside",
                    VerifyConfig.REQUIRED,
                    new ServerNameConfig.Fixed("app.internal"),
                    TlsVersionConfig.TLS_1_3,
                    TlsVersionConfig.TLS_1_3,
                    List.of("http/1.1"),
                    List.of(TlsGroupConfig.X25519MLKEM768)),
                new BackendTimeoutConfig(Duration.ofSeconds(1), Duration.ofHours(1))),
            new BackendConfig(
                "api",
                BalanceConfig.ROUNDROBIN,
                List.of(new ServerConfig(new HostPort("2001:db8::7", 443), 1)),
                new BackendTlsConfig.Off(),
                BackendTimeoutConfig.DEFAULT)));
  }

  private FilePath named(String name, Path file, int line, int column) {
    return new FilePath(files.path(name), new Position(file, line, column));
  }

  @Test
  void whatIsLeftOutHasADefault() {
    ProxyConfig config = files.loaded(ConfigFiles.MINIMAL);

    assertThat(config.node())
        .isEqualTo(
            new NodeConfig(
                "sallyport",
                files.path("data"),
                Runtime.getRuntime().availableProcessors(),
                Duration.ofSeconds(30)));
    assertThat(config.admin()).isEqualTo(new AdminConfig.Listen(new HostPort("127.0.0.1", 9901)));
    assertThat(config.cluster()).isEqualTo(new ClusterConfig.Off());
    ListenerConfig listener = config.listeners().get(0);
    assertThat(listener.tls().minVersion()).isEqualTo(TlsVersionConfig.TLS_1_2);
    assertThat(listener.tls().maxVersion()).isEqualTo(TlsVersionConfig.TLS_1_3);
    assertThat(listener.tls().alpn()).isEmpty();
    assertThat(listener.tls().groups())
        .hasToString("[X25519MLKEM768, x25519, secp256r1, secp384r1, secp521r1]");
    assertThat(listener.tls().clientAuth()).isEqualTo(new ClientAuthConfig.None());
    assertThat(listener.tls().strictSni()).isFalse();
    assertThat(listener.tls().tickets()).isEqualTo(new TicketConfig.On(Duration.ofHours(12)));
    KeyringConfig keyring = config.keyring("web");
    assertThat(keyring.certificates().get(0).stapling()).isEqualTo(new StaplingConfig.Off());
    assertThat(keyring.clientTrust()).isEqualTo(new TrustConfig.None());
    assertThat(keyring.serverTrust()).isEqualTo(new TrustConfig.None());
    assertThat(keyring.psks()).isEmpty();
    assertThat(keyring.sharing()).isEqualTo(KeyringSharingConfig.DEFAULT);
    assertThat(listener.timeout())
        .isEqualTo(
            new ListenerTimeoutConfig(
                Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofSeconds(30)));
    assertThat(listener.maxconn()).isEqualTo(10_000);
    BackendConfig backend = config.backend("app");
    assertThat(backend.balance()).isEqualTo(BalanceConfig.ROUNDROBIN);
    assertThat(backend.servers().get(0).weight()).isEqualTo(1);
    assertThat(backend.tls()).isEqualTo(new BackendTlsConfig.Off());
    assertThat(backend.timeout())
        .isEqualTo(new BackendTimeoutConfig(Duration.ofSeconds(5), Duration.ofMinutes(1)));
  }

  @Test
  void theExampleInTheReferenceIsValid() throws IOException {
    String reference = Files.readString(Path.of("README.md"));
    int begin = reference.indexOf("```yaml\n") + "```yaml\n".length();
    Files.createDirectory(files.path("certs"));
    for (String name :
        List.of(
            "site.pem",
            "site.key",
            "site.ocsp",
            "clients.pem",
            "clients.crl",
            "servers.pem",
            "edge.psk")) {
      Files.writeString(files.path("certs/" + name), "");
    }

    assertThat(files.errors(reference.substring(begin, reference.indexOf("```", begin)))).isEmpty();
  }

  @Test
  void emptySectionsKeepTheirDefaults() {
    ProxyConfig config = files.loaded(ConfigFiles.MINIMAL + "node: {}\nadmin: {}\n");

    assertThat(config).isEqualTo(files.loaded(ConfigFiles.MINIMAL));
  }

  @Test
  void theAdminInterfaceCanBeSwitchedOff() {
    assertThat(files.loaded(ConfigFiles.MINIMAL + "admin: {listen: none}\n").admin())
        .isEqualTo(new AdminConfig.Off());
  }

  @Test
  void sectionsMayStandInAnyOrderAndLinesMayEndInCarriageReturns() {
    String backends = ConfigFiles.MINIMAL.substring(ConfigFiles.MINIMAL.indexOf("backends:"));
    String reordered = backends + ConfigFiles.MINIMAL.replace(backends, "");

    assertThat(files.loaded(reordered).backends())
        .isEqualTo(files.loaded(ConfigFiles.MINIMAL).backends());
    assertThat(files.loaded(ConfigFiles.MINIMAL.replace("\n", "\r\n")))
        .isEqualTo(files.loaded(ConfigFiles.MINIMAL));
    assertThat(files.loaded("\uFEFF" + ConfigFiles.MINIMAL))
        .isEqualTo(files.loaded(ConfigFiles.MINIMAL));
  }

  @Test
  void pathsAreResolvedAgainstTheFolderOfTheConfigFile() {
    Path relative = Path.of("").toAbsolutePath().relativize(files.path("s.yaml"));

    ConfigLoader.Result result = ConfigLoader.parse(ConfigFiles.MINIMAL, relative);

    assertThat(result).isInstanceOf(ConfigLoader.Loaded.class);
    FilePath chain =
        ((ConfigLoader.Loaded) result).config().keyring("web").certificates().get(0).chain();
    assertThat(chain.path()).isAbsolute().hasSameTextualContentAs(files.path("site.pem"));
    assertThat(chain.position()).hasToString(relative + ":4:16");
  }

  @Test
  void severalBindsMayLetTheSystemChooseThePort() {
    String one = ConfigFiles.MINIMAL.replace("0.0.0.0:8443", "127.0.0.1:0");
    String two =
        "  - {name: more, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}\nbackends:";

    assertThat(files.loaded(one.replace("backends:", two)).listeners()).hasSize(2);
  }

  @Test
  void aFileThatIsNotThereSaysSo() {
    assertThat(files.messages(ConfigLoader.load(files.path("none.yaml"))))
        .containsExactly("none.yaml:1:1: found no such file" + EXPECTED_FILE);
  }

  @Test
  void aDirectorySaysSo() throws IOException {
    Files.createDirectory(files.path("d"));

    assertThat(files.messages(ConfigLoader.load(files.path("d"))))
        .containsExactly("d:1:1: found a directory" + EXPECTED_FILE);
  }

  @Test
  void aFileThatMayNotBeReadSaysSo() throws IOException {
    Path file = files.write(ConfigFiles.MINIMAL);
    Path key = files.path("site.key");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(key), "the super-user may read every file");

    assertThat(files.messages(ConfigLoader.load(file)))
        .containsExactly(
            "s.yaml:5:14: found \"site.key\" (site.key), which cannot be read, expected the path of a"
                + " file that this process can read");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assertThat(files.messages(ConfigLoader.load(file)))
        .containsExactly("s.yaml:1:1: found a file that this user may not read" + EXPECTED_FILE);
  }

  @Test
  void aFileBeyondTheBoundIsRefusedAndOneAtTheBoundIsNot() throws IOException {
    int limit = 1024 * 1024;
    String atLimit = ConfigFiles.MINIMAL + "#".repeat(limit - ConfigFiles.MINIMAL.length());

    assertThat(files.messages(ConfigLoader.load(files.write(atLimit)))).isEmpty();
    assertThat(files.messages(ConfigLoader.load(files.write(atLimit + "#"))))
        .containsExactly("s.yaml:1:1: found a file of more than 1 MiB" + EXPECTED_FILE);
    assertThat(files.errors(atLimit + "#"))
        .containsExactly("s.yaml:1:1: found a file of more than 1 MiB" + EXPECTED_FILE);
  }

  @Test
  void aByteThatIsNotUtf8IsFoundInItsPlace() throws IOException {
    byte[] bytes = "# ok\n# \u00e4\u20ac: \n".getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 2] = (byte) 0xE4;
    Path file = Files.write(files.path("s.yaml"), bytes);

    assertThat(files.messages(ConfigLoader.load(file)))
        .containsExactly(
            "s.yaml:2:6: found the byte 0xE4, which is not UTF-8, expected UTF-8 text");
  }

  @Test
  void aFileCutInsideACharacterIsNotUtf8() throws IOException {
    Path file = Files.write(files.path("s.yaml"), new byte[] {'#', (byte) 0xE2, (byte) 0x82});

    assertThat(files.messages(ConfigLoader.load(file)))
        .containsExactly(
            "s.yaml:1:2: found the byte 0xE2, which is not UTF-8, expected UTF-8 text");
  }

  @Test
  void anEmptyFileSaysWhatBelongsInIt() {
    String message =
        "s.yaml:1:1: found an empty file, expected a mapping with keyrings, listeners and backends";

    for (String text : List.of("", "\n", "# nothing\n", "---\n", "null\n")) {
      assertThat(files.errors(text)).containsExactly(message);
    }
  }

  @Test
  void aRejectionHasAtLeastOneError() {
    assertThatThrownBy(() -> new ConfigLoader.Rejected(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
