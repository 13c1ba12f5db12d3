package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.cluster.ClusterCount.State;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Sums over members that come and go never fall.
final class ClusterStatisticsTest {
  /// A question takes up to a second.
  private static final int ATTEMPTS_MAX = 60;

  /// A member that counts in `count` and has 5 of `now.open`.
  private record Counting(
      Membership membership, Vertx vertx, AtomicLong count, ClusterStatistics statistics) {
    static Counting start(TestCluster cluster, int number) throws JoinException {
      Membership membership = cluster.join(number);
      Vertx vertx = cluster.vertx(membership);
      AtomicLong count = new AtomicLong();
      return new Counting(
          membership,
          vertx,
          count,
          TestCluster.await(
              ClusterStatistics.start(
                  vertx,
                  membership,
                  () ->
                      Future.succeededFuture(
                          Counters.of(Map.of("count", count.get(), "now.open", 5L))),
                  name -> name.startsWith("now."))));
    }

    /// As if its process had died: it says nothing any more, and its ports are free.
    void die() {
      TestCluster.kill(membership);
      TestCluster.closed(vertx);
    }

    ClusterCount collect() {
      return TestCluster.await(statistics.collect());
    }

    /// When every member answers in time, which on a busy machine takes more than one question.
    ClusterCount collectAll() {
      for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        ClusterCount count = collect();
        if (count.silent().isEmpty()) {
          return count;
        }
      }
      throw new AssertionError("a member never answers");
    }
  }

  private static List<String> states(ClusterCount count) {
    return count.members().stream().map(one -> one.name() + " " + one.state()).toList();
  }

  @Test
  void theSumIsOfAllMembersAndStaysWhenOneIsKilledAndComesBack() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      Counting first = Counting.start(cluster, 1);
      Counting second = Counting.start(cluster, 2);
      first.count().set(10);
      second.count().set(7);

      ClusterCount both = first.collectAll();
      assertThat(states(both)).containsExactly("member-1 live", "member-2 live");
      assertThat(both.sum()).isEqualTo(Counters.of(Map.of("count", 17L, "now.open", 10L)));
      assertThat(second.collectAll().sum()).isEqualTo(both.sum());

      // What it was asked for last it has published, so nothing of it is lost.
      second.count().set(8);
      assertThat(first.collectAll().sum().value("count")).isEqualTo(18);
      second.die();
      TestCluster.eventually(() -> first.membership().members().size() == 1);
      ClusterCount one = first.collectAll();
      assertThat(states(one)).containsExactly("member-1 live", "member-2 gone");
      assertThat(one.sum()).isEqualTo(Counters.of(Map.of("count", 18L, "now.open", 5L)));

      Counting again = Counting.start(cluster, 2);
      again.count().set(100);
      ClusterCount three = first.collectAll();
      assertThat(states(three)).containsExactly("member-1 live", "member-2 gone", "member-2 live");
      assertThat(three.sum()).isEqualTo(Counters.of(Map.of("count", 118L, "now.open", 10L)));
    }
  }

  @Test
  void aMemberThatStopsLeavesWhatItCountedLast() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      Counting first = Counting.start(cluster, 1);
      Counting second = Counting.start(cluster, 2);
      second.count().set(3);

      TestCluster.await(second.statistics().stop());
      TestCluster.await(second.vertx().close());
      second.membership().leave();
      TestCluster.eventually(() -> first.membership().members().size() == 1);

      assertThat(first.collectAll().sum())
          .isEqualTo(Counters.of(Map.of("count", 3L, "now.open", 5L)));
    }
  }

  @Test
  void aMemberThatDoesNotAnswerIsCountedByItsSnapshotAndNamed() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      Counting first = Counting.start(cluster, 1);
      Counting second = Counting.start(cluster, 2);
      second.count().set(4);
      assertThat(first.collectAll().silent()).isEmpty();

      // Its event bus is gone, and it still is a member.
      TestCluster.await(second.vertx().close());
      ClusterCount count = first.collect();

      assertThat(count.silent()).containsExactly("member-2");
      assertThat(count.members().getLast().state()).isEqualTo(State.SILENT);
      assertThat(count.sum()).isEqualTo(Counters.of(Map.of("count", 4L, "now.open", 10L)));
    }
  }

  @Test
  void aSnapshotIsPublishedWithoutBeingAskedFor() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      Counting first = Counting.start(cluster, 1);
      Membership watcher = cluster.join(2);
      first.count().set(6);

      TestCluster.eventually(() ->
          PublishedStatistics.parse(
                  String.valueOf(
                      watcher.hazelcast().getMap("sallyport.statistics").get("member-1")))
              .map(published -> published.of(first.membership().self().incarnation()))
              .filter(counters -> counters.value("count") == 6)
              .isPresent());
    }
  }
}
