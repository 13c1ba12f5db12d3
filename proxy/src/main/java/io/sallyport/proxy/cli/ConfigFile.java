package io.sallyport.proxy.cli;

import io.sallyport.config.ConfigError;
import io.sallyport.config.ConfigLoader;
import io.sallyport.config.ProxyConfig;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.proxy.Keyrings;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/// A config file named on the command line.
final class ConfigFile {
  private ConfigFile() {}

  /// The configuration in `file`, or all of its errors as the message of the failure, a line each.
  static ProxyConfig load(Path file) throws CommandFailedException {
    return switch (ConfigLoader.load(file)) {
      case ConfigLoader.Loaded(ProxyConfig config) -> config;
      case ConfigLoader.Rejected(List<ConfigError> errors) -> throw rejected(errors);
    };
  }

  /// The keyrings that `config` names, or all that is wrong with their files; warnings go to
  /// stderr.
  static KeyringStore keyrings(ProxyConfig config) throws CommandFailedException {
    return switch (Keyrings.load(config)) {
      case Keyrings.Loaded(KeyringStore store, List<ConfigError> warnings) -> {
        warnings.forEach(warning -> System.err.println("warning: " + warning.message()));
        yield store;
      }
      case Keyrings.Rejected(List<ConfigError> errors) -> throw rejected(errors);
    };
  }

  private static CommandFailedException rejected(List<ConfigError> errors) {
    return new CommandFailedException(
        errors.stream().map(ConfigError::message).collect(Collectors.joining("\n")));
  }
}
