package io.sallyport.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.HostPort;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two holders of a key and an edge in front of them, in containers, under a steady load on the
/// edge. One of them dies, hangs or is cut off from the cluster.
///
/// Whatever happens: no client waits longer than a handshake may take, a connection that was
/// established lives on, and the edge has counted exactly what its clients saw, each once.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class LostMembersIT {
  /// After a loss at the latest, the others do all the work.
  private static final int RESUMED_MS = 3_000;

  /// A member's own limit for a handshake, 10 s, and what it takes to say so.
  private static final int SLOWEST_MS = 12_000;

  /// Then an edge that serves again serves everybody.
  private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final int WARM_UP = 400;

  private static final int WARM_UP_CLIENTS = 8;
  private static final int SECOND = SteadyLoad.PER_SECOND;

  @TempDir private Path folder;

  @BeforeAll
  static void prepare() {
    ContainerCluster.prepare();
  }

  /// What happens to a cluster under load.
  private interface Events {
    void happen(ContainerCluster cluster, SteadyLoad load) throws Exception;
  }

  private void underLoad(String what, String mode, Events events, Bounds bounds) throws Exception {
    try (EchoServer server = new EchoServer();
        ContainerCluster cluster = new ContainerCluster(folder, 2, mode, server.port(), what)) {
      MemberContainer edge = cluster.member(3);
      edge.awaitLines(linkUp(1), 1);
      edge.awaitLines(linkUp(2), 1);
      HostPort address = edge.listener(MemberContainer.HTTPS);
      try (SSLSocket established = cluster.client.connect(address)) {
        TlsClient.echo(established);
        warmUp(cluster.client, address);
        SteadyLoad load = new SteadyLoad(cluster.client, address);
        try (load) {
          load.awaitBegun(2 * SECOND);
          events.happen(cluster, load);
        }
        System.out.println(load.report(what));
        TlsClient.echo(established);
        bounds.check(load);
        assertThat(load.slowestMs()).isLessThan(SLOWEST_MS);
        countsAgree(edge, load);
      }
    }
  }

  /// So that what is measured is no start: cold members on a small machine cannot keep up.
  private static void warmUp(TlsClient client, HostPort address) throws Exception {
    try (ExecutorService clients = Executors.newFixedThreadPool(WARM_UP_CLIENTS)) {
      List<Callable<Void>> connections =
          Collections.nCopies(
              WARM_UP,
              () -> {
                try (SSLSocket socket = client.connect(address)) {
                  TlsClient.echo(socket);
                }
                return null;
              });
      for (Future<Void> connection : clients.invokeAll(connections)) {
        connection.get();
      }
    }
  }

  private interface Bounds {
    void check(SteadyLoad load);
  }

  /// Of the load, and those before it.
  private static void countsAgree(MemberContainer edge, SteadyLoad load) throws Exception {
    JsonObject statistics = edge.statistics();
    JsonObject handshakes = statistics.getJsonObject("handshakes");
    long failed =
        handshakes.getJsonObject("failed").stream()
            .mapToLong(reason -> ((Number) reason.getValue()).longValue())
            .sum();
    assertThat(handshakes.getLong("established")).isEqualTo(load.served() + WARM_UP + 1);
    assertThat(failed).isEqualTo(load.count() - load.served());
    assertThat(statistics.getJsonObject("connections").getLong("opened"))
        .isEqualTo(load.count() + WARM_UP + 1);
  }

  private static String linkUp(int member) {
    return "link to member member-" + member + " is up";
  }

  private static void theOthersGoOn(SteadyLoad load) {
    assertThat(load.longestGapMs()).isLessThan(RESUMED_MS);
  }

  /// Has the other holder killed: what is served now, the first one does.
  private static void servesAlone(ContainerCluster cluster, SteadyLoad load) throws Exception {
    cluster.member(2).kill();
    load.awaitServed(2 * SECOND);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sign", "relay"})
  void aHolderIsKilledAndComesBack(String mode) throws Exception {
    underLoad(
        mode + ", a holder killed and started again",
        mode,
        (cluster, load) -> {
          int links = cluster.member(3).lines(linkUp(1));
          cluster.member(1).kill();
          load.awaitBegun(6 * SECOND);
          cluster.member(1).startAgain();
          cluster.member(3).awaitLines(linkUp(1), links + 1);
          assertThat(cluster.member(1).keys("audit", "--verify")).contains("audit log intact");
          servesAlone(cluster, load);
        },
        LostMembersIT::theOthersGoOn);
  }

  @Test
  void aHolderHangsAndGoesOn() throws Exception {
    underLoad(
        "sign, a holder paused and resumed",
        "sign",
        (cluster, load) -> {
          int links = cluster.member(3).lines(linkUp(1));
          cluster.member(1).pause();
          load.awaitBegun(8 * SECOND);
          cluster.member(1).resume();
          cluster.member(3).awaitLines(linkUp(1), links + 1);
          servesAlone(cluster, load);
        },
        LostMembersIT::theOthersGoOn);
  }

  @Test
  void aHolderIsCutOffAndServesAgainWhenTheNetworkIsBack() throws Exception {
    underLoad(
        "sign, a holder cut off",
        "sign",
        (cluster, load) -> {
          int links = cluster.member(3).lines(linkUp(1));
          cluster.member(1).cut();
          load.awaitBegun(8 * SECOND);
          cluster.member(1).mend();
          cluster.member(3).awaitLines(linkUp(1), links + 1);
          servesAlone(cluster, load);
        },
        LostMembersIT::theOthersGoOn);
  }

  /// Its clients cannot be served meanwhile, and are told.
  @Test
  void anEdgeIsCutOffAndServesAgainWhenTheNetworkIsBack() throws Exception {
    long[] mendedNanos = {0};
    long[] servedNanos = {0};
    underLoad(
        "sign, the edge cut off",
        "sign",
        (cluster, load) -> {
          cluster.member(3).cut();
          load.awaitBegun(8 * SECOND);
          mendedNanos[0] = System.nanoTime();
          cluster.member(3).mend();
          load.awaitServed(1);
          servedNanos[0] = System.nanoTime();
          load.awaitBegun(4 * SECOND);
        },
        load ->
            assertThat(load.failures(servedNanos[0] + SETTLED_NANOS, System.nanoTime()))
                .as("once it serves again")
                .isEmpty());
    System.out.printf(
        "the edge served %d ms after the network was back%n",
        TimeUnit.NANOSECONDS.toMillis(servedNanos[0] - mendedNanos[0]));
  }
}
