package io.sallyport.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/// One form that a value can have: how it is read, and the words that say what is expected.
///
/// Reading returns empty exactly when it reported at least one error.
record Form<T>(String expected, Function<YamlValue, Optional<T>> reader) {
  Optional<T> read(YamlValue in) {
    return reader.apply(in);
  }

  <R> Form<R> map(Function<T, R> mapper) {
    return new Form<>(expected, in -> read(in).map(mapper));
  }

  /// This form, with every appearance of a value after its first an error.
  Form<T> once(Unique<T> unique) {
    return new Form<>(expected, in -> read(in).flatMap(value -> unique.claim(value, value, in)));
  }

  /// A scalar, quoted or not.
  ///
  /// @param parse returns the value, or throws an [IllegalArgumentException] whose message is what
  ///   [ConfigError#found()] shall say
  static <T> Form<T> text(String expected, Function<String, T> parse) {
    return new Form<>(
        expected,
        in -> {
          Optional<String> text = in.text();
          if (text.isEmpty()) {
            return in.reject(in.found(), expected);
          }
          try {
            return Optional.of(parse.apply(text.get()));
          } catch (IllegalArgumentException e) {
            return in.reject(String.valueOf(e.getMessage()), expected);
          }
        });
  }

  /// A whole number in decimal digits.
  static Form<Integer> number(Range<Integer> range) {
    return text(
        "a number from " + range.min() + " to " + range.max(),
        text -> {
          // Nine digits always fit an int, and no bound of ours is larger.
          if (!text.matches("[0-9]{1,9}") || !range.contains(Integer.parseInt(text))) {
            throw new IllegalArgumentException(ConfigError.quote(text));
          }
          return Integer.parseInt(text);
        });
  }

  /// One word of a closed choice.
  static <T> Form<T> oneOf(String what, Map<String, T> choices) {
    String expected = either(choices.keySet());
    return new Form<>(
        expected,
        in -> {
          Optional<String> word = in.text();
          if (word.isEmpty()) {
            return in.reject(in.found(), expected);
          }
          T choice = choices.get(word.get());
          return choice != null
              ? Optional.of(choice)
              : in.reject(
                  "unknown " + what + " " + in.found(),
                  expected,
                  Spelling.hint(word.get(), choices.keySet()));
        });
  }

  /// The same, each written as its `toString` says, in this order.
  static <T> Form<T> oneOf(String what, List<T> choices) {
    Map<String, T> byText = new LinkedHashMap<>();
    choices.forEach(choice -> byText.put(String.valueOf(choice), choice));
    return oneOf(what, byText);
  }

  /// A list of at least one element.
  static <T> Form<List<T>> list(String expected, Form<T> element) {
    return new Form<>(
        expected,
        in -> {
          Optional<List<YamlValue>> items = in.items();
          if (items.isEmpty()) {
            return in.reject(in.found(), expected);
          }
          if (items.get().isEmpty()) {
            return in.reject("an empty list", expected);
          }
          return all(items.get().stream().map(element::read).toList());
        });
  }

  /// A mapping with a fixed set of keys.
  ///
  /// @param what what such a mapping describes, for messages: `a listener`
  static <T> Form<T> mapping(
      String what, String expected, Function<YamlMapping, Optional<T>> section) {
    return new Form<>(
        expected,
        in -> {
          Optional<YamlMapping> mapping = in.mapping(what);
          return mapping.isEmpty() ? in.reject(in.found(), expected) : mapping.flatMap(section);
        });
  }

  /// A mapping of at least one entry whose keys are names that the file chooses.
  static <V, T> Form<List<T>> entries(
      String expected, Form<String> name, Form<V> body, BiFunction<String, V, T> join) {
    return new Form<>(
        expected,
        in -> {
          Optional<List<YamlValue.Entry>> entries = in.entries();
          if (entries.isEmpty()) {
            return in.reject(in.found(), expected);
          }
          if (entries.get().isEmpty()) {
            return in.reject("an empty mapping", expected);
          }
          List<Optional<T>> values = new ArrayList<>();
          for (YamlValue.Entry entry : entries.get()) {
            Optional<String> id = name.read(entry.key());
            Optional<V> value = body.read(entry.value());
            values.add(id.flatMap(i -> value.map(v -> join.apply(i, v))));
          }
          return all(values);
        });
  }

  /// `"a", "b" or "c"`.
  static String either(Collection<String> words) {
    List<String> quoted = words.stream().map(ConfigError::quote).toList();
    int last = quoted.size() - 1;
    return last == 0
        ? quoted.get(0)
        : String.join(", ", quoted.subList(0, last)) + " or " + quoted.get(last);
  }

  /// All of the values, or none when one of them was wrong.
  private static <T> Optional<List<T>> all(List<Optional<T>> values) {
    return values.stream().allMatch(Optional::isPresent)
        ? Optional.of(values.stream().flatMap(Optional::stream).toList())
        : Optional.empty();
  }
}
