package io.sallyport.cluster;

import static java.util.Objects.requireNonNull;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What the processes of one member name have counted, as the cluster keeps it: the last snapshot
/// of the one that runs and of the last few that are gone, and one sum of those before them.
///
/// The snapshots of gone ones are kept apart for a while, because a member that seems to be gone
/// can come back when the network does. It then goes on with its own, and is not counted twice.
///
/// @param earlier the sum of those that are no longer kept apart, without gauges
/// @param incarnations the last snapshot of each, in the order in which they came
record PublishedStatistics(Counters earlier, SequencedMap<String, Counters> incarnations) {
  /// So many that are gone are kept apart.
  static final int GONE_MAX = 8;

  /// In characters.
  private static final int TEXT_MAX = 1024 * 1024;

  private static final String EARLIER = "earlier";
  private static final String INCARNATIONS = "incarnations";

  static PublishedStatistics empty() {
    return new PublishedStatistics(Counters.NONE, new LinkedHashMap<>());
  }

  /// The snapshot of one incarnation.
  Counters of(String incarnation) {
    return incarnations.getOrDefault(incarnation, Counters.NONE);
  }

  /// Empty when it is not what [#text()] makes.
  static Optional<PublishedStatistics> parse(@Nullable Object value) {
    if (!(value instanceof String text) || text.length() > TEXT_MAX) {
      return Optional.empty();
    }
    try {
      JsonObject json = new JsonObject(text);
      Optional<Counters> earlier = Counters.parse(json.getJsonObject(EARLIER, new JsonObject()));
      SequencedMap<String, Counters> incarnations = new LinkedHashMap<>();
      JsonObject all = json.getJsonObject(INCARNATIONS, new JsonObject());
      for (String id : all.fieldNames()) {
        Counters.parse(all.getJsonObject(id)).ifPresent(counters -> incarnations.put(id, counters));
      }
      return earlier.map(sum -> new PublishedStatistics(sum, incarnations));
    } catch (DecodeException | ClassCastException | NullPointerException _) {
      return Optional.empty();
    }
  }

  String text() {
    JsonObject all = new JsonObject();
    incarnations.forEach((id, counters) -> all.put(id, counters.json()));
    return new JsonObject().put(EARLIER, earlier.json()).put(INCARNATIONS, all).encode();
  }

  /// This with a newer snapshot of one incarnation.
  ///
  /// @param live the incarnations of all members that are there; the others are gone
  PublishedStatistics with(
      String incarnation, Counters latest, Set<String> live, Predicate<String> isGauge) {
    SequencedMap<String, Counters> kept = new LinkedHashMap<>(incarnations);
    kept.merge(incarnation, latest, (before, now) -> before.advancedTo(now, isGauge));
    Counters sum = earlier;
    List<String> gone =
        kept.keySet().stream().filter(id -> !id.equals(incarnation) && !live.contains(id)).toList();
    for (String id : gone.subList(0, Math.max(0, gone.size() - GONE_MAX))) {
      Counters counters = requireNonNull(kept.remove(id));
      sum = sum.plus(counters.only(isGauge.negate()));
    }
    return new PublishedStatistics(sum, kept);
  }
}
