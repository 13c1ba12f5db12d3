package io.sallyport.proxy.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The members of a request's JSON, each read at most once by its name. Whatever is missing, of
/// another type, or left over is an [IllegalArgumentException] whose message is one line.
final class Arguments {
  private final JsonObject json;
  private final Set<String> left;

  Arguments(JsonObject json) {
    this.json = json;
    left = new TreeSet<>(json.fieldNames());
  }

  boolean has(String name) {
    return json.containsKey(name);
  }

  String text(String name) {
    return optional(name)
        .orElseThrow(
            () -> new IllegalArgumentException("found no \"" + name + "\", expected a text"));
  }

  Optional<String> optional(String name) {
    left.remove(name);
    return switch (json.getValue(name)) {
      case null -> Optional.empty();
      case String text when !text.isEmpty() -> Optional.of(text);
      default -> throw new IllegalArgumentException(other(name, "a text"));
    };
  }

  /// At least one.
  List<String> texts(String name) {
    left.remove(name);
    if (!(json.getValue(name) instanceof JsonArray array) || array.isEmpty()) {
      throw new IllegalArgumentException(other(name, "a list of texts"));
    }
    List<String> texts = new ArrayList<>();
    for (Object element : array) {
      if (!(element instanceof String text) || text.isEmpty()) {
        throw new IllegalArgumentException(other(name, "a list of texts"));
      }
      texts.add(text);
    }
    return texts;
  }

  private static String other(String name, String expected) {
    return "found something else as \"" + name + "\", expected " + expected;
  }

  /// Nothing else is there.
  void end() {
    if (!left.isEmpty()) {
      throw new IllegalArgumentException(
          "found \"" + left.iterator().next() + "\", expected nothing of that name");
    }
  }
}
