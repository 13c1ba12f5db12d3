package io.sallyport.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Reports every appearance of a value after its first.
///
/// @param <K> what makes two values the same
final class Unique<K> {
  private final String what;
  private final Map<K, Position> firsts = new HashMap<>();

  /// @param what one such value, for messages: `listener name`
  Unique(String what) {
    this.what = what;
  }

  /// Returns the value when its id is seen for the first time, else reports it.
  <T> Optional<T> claim(K id, T value, YamlValue in) {
    Position first = firsts.putIfAbsent(id, in.position());
    return first == null
        ? Optional.of(value)
        : in.reject(
            "duplicate " + what + " " + in.found() + " (also on line " + first.line() + ")",
            "each " + what + " once");
  }

  /// Makes every later appearance of the id one too many.
  void take(K id, Position position) {
    firsts.putIfAbsent(id, position);
  }

  /// The same rule for a record that is made without a file.
  static <T, K> void check(String what, List<T> values, Function<T, K> id) {
    Set<K> seen = new HashSet<>();
    for (T value : values) {
      if (!seen.add(id.apply(value))) {
        throw new IllegalArgumentException("duplicate " + what + " " + id.apply(value));
      }
    }
  }
}
