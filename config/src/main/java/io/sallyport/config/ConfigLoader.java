package io.sallyport.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Makes a [ProxyConfig] of a config file, or finds everything that is wrong in it.
///
/// A file is judged in two steps. First its form: readable, at most 1 MiB, UTF-8, one YAML document
/// without anchors and tags. Only when the form is right is there a tree to judge, and then every
/// error in it is found at once: keys, values, references, and the files it names.
///
/// Loading reads the file, looks whether the files that it names are there, and touches nothing
/// else. It blocks on the file system, so it does not belong on an event loop.
public final class ConfigLoader {
  private ConfigLoader() {}

  /// What loading a file comes to.
  public sealed interface Result {}

  /// The file is right.
  public record Loaded(ProxyConfig config) implements Result {}

  /// The file is wrong and must not replace a running config.
  ///
  /// @param errors all of them, at least one, in the order of the file
  public record Rejected(List<ConfigError> errors) implements Result {
    public Rejected {
      errors = List.copyOf(errors);
      if (errors.isEmpty()) {
        throw new IllegalArgumentException("rejected without an error");
      }
    }
  }

  /// Loads a file. Never throws for what is in the file or for what the file system says about it.
  public static Result load(Path file) {
    Errors errors = new Errors(file);
    return result(ConfigText.read(file, errors).flatMap(text -> read(text, file, errors)), errors);
  }

  /// Loads a text as if it were the content of the file, which need not exist. Relative paths are
  /// resolved against the file's folder.
  public static Result parse(String text, Path file) {
    Errors errors = new Errors(file);
    if (text.length() > ConfigText.LENGTH_MAX) {
      ConfigText.rejectSize(errors);
      return new Rejected(errors.sorted());
    }
    return result(read(text, file, errors), errors);
  }

  private static Optional<ProxyConfig> read(String text, Path file, Errors errors) {
    return YamlDocument.read(text, errors)
        .flatMap(root -> new ConfigReader(file).read(YamlValue.of(root, errors)));
  }

  private static Result result(Optional<ProxyConfig> config, Errors errors) {
    return config.<Result>map(Loaded::new).orElseGet(() -> new Rejected(errors.sorted()));
  }
}
