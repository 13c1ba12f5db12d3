package io.sallyport.cluster;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;
import java.util.function.Predicate;

/// What was counted, by name. Immutable; a name that is not there is 0, and no value is below that.
///
/// Members of other versions may count something that this one does not know, so names are text.
public final class Counters {
  /// Nothing.
  public static final Counters NONE = new Counters(new TreeMap<>());

  /// In characters; a thousand names and values fit.
  private static final int TEXT_MAX = 64 * 1024;

  /// In characters.
  private static final int NAME_MAX = 128;

  private final SortedMap<String, Long> values;

  private Counters(SortedMap<String, Long> values) {
    this.values = Collections.unmodifiableSortedMap(values);
  }

  /// These values.
  ///
  /// @throws IllegalArgumentException when a value is below 0
  public static Counters of(Map<String, Long> values) {
    TreeMap<String, Long> kept = new TreeMap<>();
    values.forEach((name, value) -> {
      if (value < 0) {
        throw new IllegalArgumentException(name + " " + value);
      }
      if (value > 0) {
        kept.put(name, value);
      }
    });
    return new Counters(kept);
  }

  /// Reads what [#text()] made, of another member perhaps; empty when it is not that.
  static Optional<Counters> parse(String text) {
    if (text.length() > TEXT_MAX) {
      return Optional.empty();
    }
    try {
      return parse(new JsonObject(text));
    } catch (DecodeException _) {
      return Optional.empty();
    }
  }

  static Optional<Counters> parse(JsonObject json) {
    TreeMap<String, Long> values = new TreeMap<>();
    for (Map.Entry<String, Object> entry : json) {
      if (entry.getKey().length() > NAME_MAX) {
        return Optional.empty();
      }
      boolean isWhole = entry.getValue() instanceof Long || entry.getValue() instanceof Integer;
      if (!isWhole || ((Number) entry.getValue()).longValue() < 0) {
        return Optional.empty();
      }
      values.put(entry.getKey(), ((Number) entry.getValue()).longValue());
    }
    return Optional.of(new Counters(values));
  }

  /// One flat object of JSON.
  String text() {
    return json().encode();
  }

  JsonObject json() {
    JsonObject json = new JsonObject();
    values.forEach(json::put);
    return json;
  }

  /// The value of a name.
  public long value(String name) {
    return values.getOrDefault(name, 0L);
  }

  /// Those that are not 0, by name.
  public Map<String, Long> values() {
    return values;
  }

  /// The sum, which stays at the largest number when it would pass it.
  Counters plus(Counters other) {
    return merge(other, (a, b) -> a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b);
  }

  /// What these have become: counters, which only grow, are never lowered by an older snapshot that
  /// comes late; gauges are those of `latest`.
  Counters advancedTo(Counters latest, Predicate<String> isGauge) {
    return only(isGauge.negate()).merge(latest, Math::max);
  }

  private Counters merge(Counters other, LongBinaryOperator operator) {
    TreeMap<String, Long> merged = new TreeMap<>(values);
    other.values.forEach(
        (name, value) -> merged.merge(name, value, (a, b) -> operator.applyAsLong(a, b)));
    return new Counters(merged);
  }

  /// Those whose names fit.
  Counters only(Predicate<String> names) {
    TreeMap<String, Long> kept = new TreeMap<>(values);
    kept.keySet().removeIf(names.negate());
    return new Counters(kept);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Counters counters && counters.values.equals(values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
