package io.sallyport.config;

import java.util.List;

/// The check of every list that means nothing when it is empty.
final class NonEmpty {
  private NonEmpty() {}

  static <T> List<T> copyOf(String what, List<T> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no " + what);
    }
    return List.copyOf(values);
  }
}
