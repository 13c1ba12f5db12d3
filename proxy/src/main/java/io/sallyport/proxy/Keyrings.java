package io.sallyport.proxy;

import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.ProxyConfig;
import io.sallyport.keyring.KeyringLoader;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import java.util.ArrayList;
import java.util.List;

/// Reads the keyrings that a configuration names. Blocks on the file system.
public final class Keyrings {
  private Keyrings() {}

  /// All keyrings, or all that is wrong with them.
  public sealed interface Result {}

  /// Every file is as it should be.
  ///
  /// @param store the keyrings; the caller closes it
  /// @param warnings what an operator should know
  public record Loaded(KeyringStore store, List<ConfigError> warnings) implements Result {}

  /// Some files are not, and nothing was kept.
  ///
  /// @param errors in the order of the configuration, at least one
  public record Rejected(List<ConfigError> errors) implements Result {}

  /// Reads every file of every keyring.
  public static Result load(ProxyConfig config) {
    KeyringStore store = new LocalKeyringStore();
    List<ConfigError> warnings = new ArrayList<>();
    List<ConfigError> errors = new ArrayList<>();
    for (KeyringConfig keyring : config.keyrings()) {
      switch (KeyringLoader.load(keyring, store)) {
        case KeyringLoader.Loaded(var loaded, var found) -> {
          store.put(loaded);
          warnings.addAll(found);
        }
        case KeyringLoader.Rejected(var found) -> errors.addAll(found);
      }
    }
    if (errors.isEmpty()) {
      return new Loaded(store, warnings);
    }
    store.close();
    return new Rejected(errors);
  }
}
