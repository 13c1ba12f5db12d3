package io.sallyport.cluster;

import io.sallyport.config.ClusterConfig;
import io.sallyport.config.DiscoveryConfig;
import io.sallyport.config.HoldersConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.FreePorts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/// Members of one cluster in this process: number N is `member-N` on 127.0.0.N.
///
/// Closing it closes every Vert.x and every member that it made.
final class TestCluster implements AutoCloseable {
  private static final int LIMIT_SECONDS = 60;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final int PORTS = 3;

  private final int size;
  private final int port;
  private final List<Vertx> vertxes = new ArrayList<>();
  private final List<Membership> members = new ArrayList<>();

  TestCluster(int size) {
    this.size = size;
    port = FreePorts.inARow(PORTS, size);
  }

  HostPort bind(int number) {
    return new HostPort("127.0.0." + number, port);
  }

  /// The config of a member that lists all of them, with its majority and a backup on each.
  ClusterConfig.Member config(int number, MemberLinkConfig link) {
    return config("test", number, link);
  }

  ClusterConfig.Member config(String cluster, int number, MemberLinkConfig link) {
    List<HostPort> all = IntStream.rangeClosed(1, size).mapToObj(this::bind).toList();
    return new ClusterConfig.Member(
        cluster,
        bind(number),
        new DiscoveryConfig.Members(all),
        size / 2 + 1,
        size - 1,
        List.of(),
        new HoldersConfig.Nobody(),
        link);
  }

  /// The link of a member whose files `member-N.pem` and `.key` are in the folder.
  MemberLinkConfig link(TestFiles files, String ca, int number) {
    return new MemberLinkConfig.Secured(
        new HostPort("127.0.0." + number, port + 2),
        files.named("member-" + number + ".pem"),
        files.named("member-" + number + ".key"),
        files.named(ca + ".pem"));
  }

  /// Joins without TLS.
  Membership join(int number) throws JoinException {
    return join(number, new MemberLinkConfig.Insecure());
  }

  Membership join(int number, MemberLinkConfig link) throws JoinException {
    return join(config(number, link), "member-" + number);
  }

  Membership join(ClusterConfig.Member config, String name) throws JoinException {
    Membership member = Membership.join(config, name);
    members.add(member);
    return member;
  }

  Vertx vertx(Membership member) {
    Vertx vertx =
        await(
            Vertx.builder()
                .with(new VertxOptions().setEventBusOptions(member.eventBus()))
                .withClusterManager(member.clusterManager())
                .buildClustered());
    vertxes.add(vertx);
    return vertx;
  }

  /// As if its process had died.
  static void kill(Membership member) {
    member.hazelcast().getLifecycleService().terminate();
  }

  /// Waits until it is, which it does not like when its member is dead already.
  static void closed(Vertx vertx) {
    await(vertx.close().transform(_ -> Future.succeededFuture()));
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /// Returns as soon as the condition holds, which nobody announces.
  static void eventually(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(LIMIT_SECONDS)) {
        throw new AssertionError("it never holds");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Override
  public void close() {
    vertxes.forEach(TestCluster::closed);
    members.forEach(TestCluster::kill);
  }
}
