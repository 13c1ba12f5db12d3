package io.sallyport.config;

import java.nio.file.Path;

/// A file that the config names, and where it names it.
///
/// When the config was loaded the file existed and could be read; its content was not looked at.
/// The position lets a later stage that does look report `FILE:LINE:COL: ...` in the same way.
/// Because it is part of the value, the same path named on another line is not equal to this one.
///
/// @param path absolute; a relative path in the config was resolved against the config file's
///   folder
/// @param position where the config names the file
public record FilePath(Path path, Position position) {
  public FilePath {
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("relative path " + path);
    }
  }
}
