package io.sallyport.cluster;

import com.hazelcast.map.IMap;
import io.sallyport.cluster.ClusterCount.MemberCount;
import io.sallyport.cluster.ClusterCount.State;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Counts over the whole cluster, in sums that never fall.
///
/// Each member publishes a snapshot of its counters every second into a map of the cluster, under
/// its name and incarnation, and answers others who ask for them. What it answers it has published
/// first, so when it is gone the map has all that anybody was ever told. A sum is of the answers of
/// those that are there and the last snapshots of those that are gone; gauges of the latter do not
/// count. What a member that was killed counted after its last snapshot is lost, up to a second of
/// it.
///
/// The map keeps an entry for each name of a member, changed by compare-and-set: see
/// [PublishedStatistics] for what it holds and how it stays small. It has at most 4096 names; a
/// member beyond them counts as long as it is there. With `backups: 0` the map loses entries with
/// members, and a sum can fall; so it can where parts of a split cluster meet again, by what
/// members counted that were started and gone in the smaller part.
///
/// Thread-safe; nothing here blocks the caller.
public final class ClusterStatistics {
  private static final String MAP = "sallyport.statistics";
  private static final String ADDRESS = "sallyport.statistics.";
  private static final int PUBLISH_MS = 1_000;
  private static final int ANSWER_MS = 1_000;
  private static final int NAMES_MAX = 4096;

  /// Only whoever starts under a name that is still in use changes the same entry.
  private static final int ATTEMPTS_MAX = 16;

  private final Vertx vertx;
  private final Membership membership;
  private final ClusterMember self;
  private final Supplier<Future<Counters>> own;
  private final Predicate<String> isGauge;
  private final IMap<String, Object> published;
  private volatile boolean stopped;

  private ClusterStatistics(
      Vertx vertx,
      Membership membership,
      Supplier<Future<Counters>> own,
      Predicate<String> isGauge) {
    this.vertx = vertx;
    this.membership = membership;
    this.self = membership.self();
    this.own = own;
    this.isGauge = isGauge;
    this.published = membership.hazelcast().getMap(MAP);
  }

  /// Begins to publish and to answer. Completes when the other members can ask.
  ///
  /// @param vertx the one that runs on the membership
  /// @param own what this process has counted so far
  /// @param isGauge which names are no counters but values of the moment
  public static Future<ClusterStatistics> start(
      Vertx vertx,
      Membership membership,
      Supplier<Future<Counters>> own,
      Predicate<String> isGauge) {
    ClusterStatistics statistics = new ClusterStatistics(vertx, membership, own, isGauge);
    return vertx
        .eventBus()
        .consumer(ADDRESS + statistics.self.incarnation(), statistics::answer)
        .completion()
        .map(_ -> {
          statistics.publishForEver();
          return statistics;
        });
  }

  /// Publishes once more, and no more after that.
  public Future<Void> stop() {
    stopped = true;
    return publish().mapEmpty();
  }

  private void publishForEver() {
    if (!stopped) {
      // What fails now is tried again soon.
      publish().onComplete(_ -> vertx.setTimer(PUBLISH_MS, _ -> publishForEver()));
    }
  }

  private void answer(Message<Object> question) {
    publish()
        .onSuccess(counters -> question.reply(counters.text()))
        .onFailure(_ -> question.fail(0, "not published"));
  }

  /// Gives what is published now, which is what this process has counted.
  private Future<Counters> publish() {
    return own.get().compose(counters -> vertx.executeBlocking(() -> store(counters), false));
  }

  private Counters store(Counters latest) {
    String name = self.name();
    Set<String> live =
        membership.members().stream().map(ClusterMember::incarnation).collect(Collectors.toSet());
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      Object before = published.get(name);
      if (before == null && published.size() >= NAMES_MAX) {
        return latest;
      }
      PublishedStatistics after =
          PublishedStatistics.parse(before)
              .orElseGet(PublishedStatistics::empty)
              .with(self.incarnation(), latest, live, isGauge);
      boolean stored =
          before == null
              ? published.putIfAbsent(name, after.text()) == null
              : published.replace(name, before, after.text());
      if (stored) {
        return after.of(self.incarnation());
      }
    }
    throw new IllegalStateException("statistics of " + name + " are changed by too many");
  }

  /// Asks every member, up to a second, and counts.
  public Future<ClusterCount> collect() {
    List<ClusterMember> members = membership.members();
    List<Future<Counters>> answers = members.stream().map(this::ask).toList();
    return Future.join(answers)
        .transform(_ -> vertx.executeBlocking(() -> count(members, answers, read()), false));
  }

  private Future<Counters> ask(ClusterMember member) {
    if (member.incarnation().equals(self.incarnation())) {
      return publish();
    }
    return vertx
        .eventBus()
        .<Object>request(
            ADDRESS + member.incarnation(), "", new DeliveryOptions().setSendTimeout(ANSWER_MS))
        .map(reply -> Counters.parse(String.valueOf(reply.body())).orElseThrow());
  }

  /// Everything that is published, by name.
  private Map<String, PublishedStatistics> read() {
    Map<String, PublishedStatistics> entries = new TreeMap<>();
    for (Map.Entry<String, Object> entry : published.entrySet()) {
      PublishedStatistics.parse(entry.getValue())
          .ifPresent(statistics -> entries.put(entry.getKey(), statistics));
    }
    return entries;
  }

  private ClusterCount count(
      List<ClusterMember> members,
      List<Future<Counters>> answers,
      Map<String, PublishedStatistics> entries) {
    Map<String, Future<Counters>> asked = new HashMap<>();
    for (int i = 0; i < members.size(); i++) {
      ClusterMember member = members.get(i);
      asked.put(member.incarnation(), answers.get(i));
      // A member that has not published yet has an entry as well.
      entries
          .computeIfAbsent(member.name(), _ -> PublishedStatistics.empty())
          .incarnations()
          .putIfAbsent(member.incarnation(), Counters.NONE);
    }
    List<MemberCount> counts = new ArrayList<>();
    entries.forEach((name, statistics) -> {
      if (!statistics.earlier().equals(Counters.NONE)) {
        counts.add(new MemberCount(name, "", State.GONE, statistics.earlier()));
      }
      statistics
          .incarnations()
          .forEach((incarnation, snapshot) ->
              counts.add(one(name, incarnation, snapshot, asked.get(incarnation))));
    });
    Counters sum = Counters.NONE;
    for (MemberCount count : counts) {
      sum = sum.plus(count.counters());
    }
    return new ClusterCount(counts, sum);
  }

  private MemberCount one(
      String name, String incarnation, Counters snapshot, @Nullable Future<Counters> answer) {
    if (answer == null) {
      return new MemberCount(name, incarnation, State.GONE, snapshot.only(isGauge.negate()));
    }
    return answer.succeeded()
        ? new MemberCount(
            name, incarnation, State.LIVE, snapshot.advancedTo(answer.result(), isGauge))
        : new MemberCount(name, incarnation, State.SILENT, snapshot);
  }
}
