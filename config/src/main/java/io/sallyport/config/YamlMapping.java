package io.sallyport.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A mapping with a fixed set of keys, read key by key.
///
/// It remembers which keys it was asked for. When all have been asked, [#build] knows which keys of
/// the file nobody wanted, which wanted ones are missing, and which of the former is a misspelling
/// of one of the latter: such a pair is one mistake and is reported once.
final class YamlMapping {
  private final String what;
  private final Position position;
  private final Errors errors;
  private final int errorsBefore;
  private final Map<String, List<YamlValue.Entry>> entries = new LinkedHashMap<>();
  private final List<String> wanted = new ArrayList<>();
  private final List<Missing> missing = new ArrayList<>();

  /// Keys of which one has to be there and none is.
  private record Missing(List<String> keys, String expected) {}

  YamlMapping(String what, Position position, List<YamlValue.Entry> all, Errors errors) {
    this.what = what;
    this.position = position;
    this.errors = errors;
    this.errorsBefore = errors.count();
    for (YamlValue.Entry entry : all) {
      Optional<String> key = entry.key().text();
      if (key.isPresent()) {
        entries.computeIfAbsent(key.get(), _ -> new ArrayList<>()).add(entry);
      } else {
        entry.key().reject(entry.key().found() + " as a key", "a word");
      }
    }
    entries.values().forEach(YamlMapping::rejectRepeated);
  }

  <T> Field<T> required(String key, Form<T> form) {
    if (!entries.containsKey(key)) {
      missing.add(new Missing(List.of(key), key + ": " + form.expected()));
    }
    return field(key, form, null);
  }

  <T> Field<T> optional(String key, Form<T> form, T fallback) {
    return field(key, form, fallback);
  }

  /// Of some optional keys at least one has to be there.
  void requireOneOf(String... keys) {
    if (Stream.of(keys).noneMatch(entries::containsKey)) {
      missing.add(new Missing(List.of(keys), "one of these keys"));
    }
  }

  /// Of some keys exactly one has to be there.
  <T> Field<T> requiredOneOf(Map<String, Form<T>> forms) {
    requireOneOf(forms.keySet().toArray(String[]::new));
    return oneOf(forms, null);
  }

  /// Of some keys at most one may be there.
  <T> Field<T> optionalOneOf(Map<String, Form<T>> forms, T fallback) {
    return oneOf(forms, fallback);
  }

  private <T> Field<T> oneOf(Map<String, Form<T>> forms, @Nullable T fallback) {
    Field<T> first = new Field<>(position, fallback);
    String firstKey = "";
    for (Map.Entry<String, Form<T>> form : forms.entrySet()) {
      Field<T> field = field(form.getKey(), form.getValue(), fallback);
      if (entries.containsKey(form.getKey())) {
        if (firstKey.isEmpty()) {
          first = field;
          firstKey = form.getKey();
        } else {
          refuse(form.getKey(), " beside " + firstKey, "one of the two");
        }
      }
    }
    return first;
  }

  /// Reports a key that has no place here, if it is there.
  ///
  /// @param why what stands behind the key in the message
  void refuse(String key, String why, String expected) {
    List<YamlValue.Entry> found = entries.get(key);
    if (found != null) {
      found.get(0).key().reject(key + why, expected);
    }
  }

  /// Reports a mistake that no single key has.
  void reject(Position at, String found, String expected) {
    errors.add(new ConfigError(at, found, expected));
  }

  /// Ends the reading: reports unknown and missing keys, then makes the record if nothing at all
  /// was wrong inside this mapping.
  <T> Optional<T> build(Supplier<T> make) {
    entries.forEach((key, found) -> {
      if (!wanted.contains(key)) {
        rejectUnknown(key, found);
      }
    });
    for (Missing keys : missing) {
      reject(position, what + " without " + Form.either(keys.keys()), keys.expected());
    }
    return errors.count() == errorsBefore ? Optional.of(make.get()) : Optional.empty();
  }

  /// All values of a repeated key are read, for the sake of their errors; the first one counts.
  private <T> Field<T> field(String key, Form<T> form, @Nullable T fallback) {
    wanted.add(key);
    List<YamlValue.Entry> found = entries.getOrDefault(key, List.of());
    if (found.isEmpty()) {
      return new Field<>(position, fallback);
    }
    List<Optional<T>> values = found.stream().map(entry -> form.read(entry.value())).toList();
    return new Field<>(found.get(0).value().position(), values.get(0).orElse(null));
  }

  private void rejectUnknown(String key, List<YamlValue.Entry> found) {
    Optional<String> meant =
        Spelling.closest(key, wanted.stream().filter(word -> !entries.containsKey(word)).toList());
    meant.ifPresent(word -> missing.removeIf(keys -> keys.keys().contains(word)));
    found
        .get(0)
        .key()
        .reject(
            "unknown key " + ConfigError.quote(key),
            Form.either(wanted),
            meant.map(word -> "did you mean \"" + word + "\"?").orElse(""));
  }

  private static void rejectRepeated(List<YamlValue.Entry> found) {
    for (YamlValue.Entry repeated : found.subList(1, found.size())) {
      repeated
          .key()
          .reject(
              "duplicate key "
                  + repeated.key().found()
                  + " (also on line "
                  + found.get(0).key().position().line()
                  + ")",
              "each key once");
    }
  }
}
