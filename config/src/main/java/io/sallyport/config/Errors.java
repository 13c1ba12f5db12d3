package io.sallyport.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/// The errors of one file, collected while it is read. Confined to one call of [ConfigLoader].
final class Errors {
  private static final Comparator<ConfigError> BY_POSITION =
      Comparator.comparingInt((ConfigError error) -> error.position().line())
          .thenComparingInt(error -> error.position().column());

  private final Path file;
  private final List<ConfigError> found = new ArrayList<>();

  Errors(Path file) {
    this.file = file;
  }

  void add(ConfigError error) {
    found.add(error);
  }

  int count() {
    return found.size();
  }

  /// In the order of the file; errors of one place keep the order in which they were found.
  List<ConfigError> sorted() {
    return found.stream().sorted(BY_POSITION).toList();
  }

  Position start() {
    return new Position(file, 1, 1);
  }

  Position at(int line, int column) {
    return new Position(file, line, column);
  }

  /// Marks count from 0. The parser sets them on everything it reads, but their type does not say
  /// so.
  Position at(Optional<Mark> mark) {
    return mark.map(m -> at(m.getLine() + 1, m.getColumn() + 1)).orElseGet(this::start);
  }
}
