package io.sallyport.proxy;

import io.sallyport.config.ConfigLoader;
import io.sallyport.config.ProxyConfig;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.FreePorts;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Whole members of one cluster: number N is `member-N`, on 127.0.0.N. Each has a listener named
/// https in front of one server, and an admin address.
final class ClusterFixture {
  /// For Hazelcast, the event bus and the link.
  private static final int CLUSTER_PORTS = 3;

  final Certificates certificates;
  private final Path folder;
  private final int size;
  private final int serverPort;
  private final int port;
  private final Pair site;

  ClusterFixture(Path folder, int size, int serverPort) {
    this.folder = folder;
    this.size = size;
    this.serverPort = serverPort;
    certificates = new Certificates(folder);
    site = certificates.issue("site", KeyKind.P256, "localhost", "127.0.0.1");
    // The admin addresses follow, all on 127.0.0.1.
    port = FreePorts.inARow(CLUSTER_PORTS + size, size);
  }

  int adminPort(int number) {
    return port + CLUSTER_PORTS + number - 1;
  }

  int eventBusPort() {
    return port + 1;
  }

  /// Starts a member, which fails or drains as the caller finds out.
  Future<Member> start(int number) throws IOException {
    Pair link = certificates.issue("member-" + number, KeyKind.P256, "member-" + number);
    return start(number, link);
  }

  Future<Member> start(int number, Pair link) throws IOException {
    ProxyConfig config =
        switch (ConfigLoader.load(configFile(number, link))) {
          case ConfigLoader.Loaded(ProxyConfig loaded) -> loaded;
          case ConfigLoader.Rejected(var errors) -> throw new AssertionError(errors);
        };
    return switch (Keyrings.load(config)) {
      case Keyrings.Loaded(var store, _) -> Member.start(config, store);
      case Keyrings.Rejected(var errors) -> throw new AssertionError(errors);
    };
  }

  private Path configFile(int number, Pair link) throws IOException {
    String members =
        IntStream.rangeClosed(1, size)
            .mapToObj(other -> "127.0.0." + other + ":" + port)
            .collect(Collectors.joining(", "));
    return Files.writeString(
        folder.resolve("member-" + number + ".yaml"),
        """
        node: {name: member-%d, event-loops: 1, drain-timeout: 2s}
        admin: {listen: 127.0.0.1:%d}
        cluster:
          name: test
          bind: 127.0.0.%d:%d
          members: [%s]
          link: {chain: %s, key: %s, ca: %s}
        keyrings:
          web: {certificates: [{chain: %s, key: %s}]}
        listeners:
          - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}
        backends:
          - {name: app, servers: [{address: 127.0.0.1:%d}]}
        """
            .formatted(
                number,
                adminPort(number),
                number,
                port,
                members,
                link.chain(),
                link.key(),
                certificates.ca(),
                site.chain(),
                site.key(),
                serverPort));
  }
}
