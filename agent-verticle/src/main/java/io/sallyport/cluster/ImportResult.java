package io.sallyport.cluster;

import io.sallyport.config.ConfigError;
import java.util.List;

/// What bringing a keyring of a config into the cluster comes to.
public sealed interface ImportResult {
  /// The cluster has it now.
  ///
  /// @param warnings about its files
  record Imported(List<ConfigError> warnings) implements ImportResult {
    public Imported {
      warnings = List.copyOf(warnings);
    }
  }

  /// The cluster had exactly that already.
  ///
  /// @param warnings about its files
  record Unchanged(List<ConfigError> warnings) implements ImportResult {
    public Unchanged {
      warnings = List.copyOf(warnings);
    }
  }

  /// The files are wrong, and the cluster has what it had.
  ///
  /// @param errors all of them, at least one
  record Rejected(List<ConfigError> errors) implements ImportResult {
    public Rejected {
      errors = List.copyOf(errors);
    }
  }
}
