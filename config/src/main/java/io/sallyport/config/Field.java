package io.sallyport.config;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The value of one key of a mapping: given, defaulted, or wrong and already reported.
///
/// A section reads all of its fields first and takes their values only inside [YamlMapping#build],
/// which runs when nothing was wrong. That way one bad value never hides another.
///
/// @param position of the value; of the mapping when the key is not there
/// @param value null when it was wrong
record Field<T>(Position position, @Nullable T value) {
  boolean isValid() {
    return value != null;
  }

  T get() {
    return Objects.requireNonNull(value);
  }
}
