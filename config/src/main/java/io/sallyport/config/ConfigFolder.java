package io.sallyport.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/// The folder of the config file, against which the paths in it are resolved.
final class ConfigFolder {
  private static final String FILE_FORM = "the path of a file that this process can read";
  private static final String FOLDER_FORM = "the path of a folder, which need not exist yet";

  private final Path folder;

  ConfigFolder(Path configFile) {
    // A path that names a file has a parent once it is absolute.
    folder = Objects.requireNonNullElse(configFile.toAbsolutePath().getParent(), configFile);
  }

  Path resolve(String path) {
    return folder.resolve(path);
  }

  /// A file that is there and can be read.
  Form<FilePath> file() {
    return file(FILE_FORM);
  }

  /// The same, for a key that has another form, too.
  ///
  /// @param other the other form, which is not read here
  Form<FilePath> fileOr(String other) {
    return file(FILE_FORM + ", or " + other);
  }

  private Form<FilePath> file(String expected) {
    return new Form<>(expected, in -> readFile(in, expected));
  }

  /// A folder that is there, or can be made there.
  Form<Path> folder() {
    return new Form<>(FOLDER_FORM, this::readFolder);
  }

  private Optional<FilePath> readFile(YamlValue in, String expected) {
    Optional<Path> path = readPath(in, expected);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    // The message has the resolved path too: what a relative one is relative to is the usual
    // surprise.
    String named = in.found() + " (" + path.get() + ")";
    if (Files.notExists(path.get())) {
      return in.reject(named + ", which does not exist", expected);
    }
    if (Files.isDirectory(path.get())) {
      return in.reject(named + ", which is a directory", expected);
    }
    if (!Files.isReadable(path.get())) {
      return in.reject(named + ", which cannot be read", expected);
    }
    return Optional.of(new FilePath(path.get(), in.position()));
  }

  private Optional<Path> readFolder(YamlValue in) {
    Optional<Path> path = readPath(in, FOLDER_FORM);
    if (path.isPresent() && Files.exists(path.get()) && !Files.isDirectory(path.get())) {
      return in.reject(in.found() + " (" + path.get() + "), which is a file", FOLDER_FORM);
    }
    return path;
  }

  private Optional<Path> readPath(YamlValue in, String expected) {
    Optional<String> text = in.text().filter(path -> !path.isEmpty());
    if (text.isEmpty()) {
      return in.reject(in.found(), expected);
    }
    try {
      return Optional.of(resolve(text.get()));
    } catch (InvalidPathException _) {
      return in.reject("the impossible path " + in.found(), expected);
    }
  }
}
