package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole members in a cluster, and one in none.
final class ClusterIT {
  /// A question takes up to a second.
  private static final int ATTEMPTS_MAX = 60;

  @TempDir private Path folder;

  /// Goal: who has no cluster pays nothing for it. Method: another virtual machine starts and stops
  /// such a member and tells all of its classes.
  @Test
  void withoutAClusterNothingOfHazelcastIsLoaded() throws Exception {
    Pair pair = new Certificates(folder).issue("site", KeyKind.P256, "localhost");
    Path config =
        Files.writeString(
            folder.resolve("sallyport.yaml"),
            """
            admin: {listen: none}
            node: {event-loops: 1}
            keyrings:
              web: {certificates: [{chain: %s, key: %s}]}
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}
            backends:
              - {name: app, servers: [{address: 127.0.0.1:1}]}
            """
                .formatted(pair.chain(), pair.key()));

    Command child =
        Command.run(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            UnclusteredProgram.class.getName(),
            config.toString());

    assertThat(child.exitCode()).as(child.out()).isZero();
    assertThat(child.out().lines()).anyMatch(line -> line.contains("io.sallyport.proxy.Member/"));
    assertThat(child.out().lines())
        .filteredOn(line -> line.contains("com.hazelcast") || line.contains("io.vertx.spi.cluster"))
        .isEmpty();
  }

  @Test
  void membersStartServeAndLeaveNothingBehind() throws Exception {
    try (TestServer server = TestServer.echo()) {
      ClusterFixture cluster = new ClusterFixture(folder, 2, server.port());
      for (int round = 0; round < 2; round++) {
        Member first = ProxyFixture.await(cluster.start(1));
        Member second = ProxyFixture.await(cluster.start(2));
        connectOnce(cluster, first);
        connectOnce(cluster, second);
        ProxyFixture.await(first.drain());
        ProxyFixture.await(second.drain());
      }
    }
  }

  @Test
  void theStatisticsOfAllMembersAreSummedAndNeverFall() throws Exception {
    try (TestServer server = TestServer.echo()) {
      ClusterFixture cluster = new ClusterFixture(folder, 2, server.port());
      Member first = ProxyFixture.await(cluster.start(1));
      Member second = ProxyFixture.await(cluster.start(2));
      connectOnce(cluster, first);
      connectOnce(cluster, second);
      connectOnce(cluster, second);
      assertThat(count(cluster, "tls_stat")).contains("TlsTxSw                         \t3\n");
      JsonObject counted = new JsonObject(count(cluster, "stats"));
      assertThat(counted.getJsonObject("sum").getJsonObject("handshakes").getLong("established"))
          .isEqualTo(3);
      assertThat(states(counted)).containsExactly("member-1 live 1", "member-2 live 2");

      ProxyFixture.await(second.drain());
      assertThat(count(cluster, "tls_stat").lines())
          .hasSize(23)
          .contains("TlsTxSw                         \t3");
      assertThat(states(new JsonObject(count(cluster, "stats"))))
          .containsExactly("member-1 live 1", "member-2 gone 2");

      second = ProxyFixture.await(cluster.start(2));
      connectOnce(cluster, second);
      assertThat(count(cluster, "tls_stat")).contains("TlsTxSw                         \t4\n");
      assertThat(states(new JsonObject(count(cluster, "stats"))))
          .containsExactly("member-1 live 1", "member-2 gone 2", "member-2 live 1");
      ProxyFixture.await(second.drain());
      ProxyFixture.await(first.drain());
    }
  }

  private static void connectOnce(ClusterFixture cluster, Member member) throws Exception {
    int port = Objects.requireNonNull(ProxyFixture.await(member.addresses()).get("https")).port();
    try (SSLSocket client = new TlsClient(cluster.certificates.ca()).connect(port)) {
      client.getOutputStream().write(7);
      assertThat(client.getInputStream().read()).isEqualTo(7);
      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isNegative();
    }
  }

  /// What the first member answers about the cluster once all members answer it in time.
  private static String count(ClusterFixture cluster, String what) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + cluster.adminPort(1) + "/cluster/" + what);
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      try (InputStream body = connection.getInputStream()) {
        String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
        if (connection.getHeaderField("Sallyport-Silent") == null) {
          return text;
        }
      }
    }
    throw new AssertionError("a member never answers");
  }

  private static List<String> states(JsonObject counted) {
    return counted.getJsonArray("members").stream()
        .map(JsonObject.class::cast)
        .map(member ->
            member.getString("name")
                + " "
                + member.getString("state")
                + " "
                + member.getJsonObject("counters").getJsonObject("tls").getLong("TlsTxSw"))
        .toList();
  }

  @Test
  void anEventBusThatCannotListenIsOneLine() throws Exception {
    ClusterFixture cluster = new ClusterFixture(folder, 1, 1);
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), cluster.eventBusPort()));

      assertThatThrownBy(() -> ProxyFixture.await(cluster.start(1)))
          .rootCause()
          .hasMessageMatching(
              "cluster\\.bind: the event bus cannot listen on 127\\.0\\.0\\.1:"
                  + cluster.eventBusPort()
                  + ", one port above it \\(.*Address already in use\\); choose a port whose next one"
                  + " nobody has");
    }
    ProxyFixture.await(ProxyFixture.await(cluster.start(1)).drain());
  }

  @Test
  void aLinkKeyThatIsNoneIsOneLine() throws Exception {
    ClusterFixture cluster = new ClusterFixture(folder, 1, 1);
    Path none = Files.writeString(folder.resolve("none.key"), "no key");

    assertThatThrownBy(
            () -> ProxyFixture.await(cluster.start(1, new Pair(cluster.certificates.ca(), none))))
        .rootCause()
        .hasMessageContaining("none.key, expected a PEM file with an unencrypted private key")
        .hasMessageNotContaining("\n");
  }
}
