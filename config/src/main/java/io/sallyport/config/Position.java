package io.sallyport.config;

import java.nio.file.Path;

/// A place in a config file.
///
/// @param file the config file, as whoever loads it named it
/// @param line counted from 1
/// @param column counted from 1 in code points; a tab counts as one
public record Position(Path file, int line, int column) {
  public Position {
    Range.COUNTED_FROM_ONE.check("line", line);
    Range.COUNTED_FROM_ONE.check("column", column);
  }

  /// `FILE:LINE:COL`.
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
