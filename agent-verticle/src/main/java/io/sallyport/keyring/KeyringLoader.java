package io.sallyport.keyring;

import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/// Makes a [Keyring] of the files that a config names, or finds all that is wrong with them.
///
/// Blocks on the file system, so it does not belong on an event loop. Each error stands at the
/// place where the config names the file.
public final class KeyringLoader {
  /// What loading comes to.
  public sealed interface Result {}

  /// The keyring can be used.
  ///
  /// @param keyring with a reference for the caller
  /// @param warnings as [KeyringFiles.Read] has them
  public record Loaded(Keyring keyring, List<ConfigError> warnings) implements Result {
    public Loaded {
      warnings = List.copyOf(warnings);
    }
  }

  /// The files are wrong.
  ///
  /// @param errors all of them, at least one, in the order of the config
  public record Rejected(List<ConfigError> errors) implements Result {
    public Rejected {
      errors = List.copyOf(errors);
    }
  }

  private KeyringLoader() {}

  /// Reads every file of `config`. Does not put the keyring into `store`, which issues its serials.
  public static Result load(KeyringConfig config, KeyringStore store) {
    return switch (KeyringFiles.read(config)) {
      case KeyringFiles.Read(List<KeyMaterial> material, List<ConfigError> warnings) ->
          new Loaded(keyring(config.name(), material, store), warnings);
      case KeyringFiles.Rejected(List<ConfigError> errors) -> new Rejected(errors);
    };
  }

  private static Keyring keyring(String name, List<KeyMaterial> material, KeyringStore store) {
    List<KeyringEntry> entries = new ArrayList<>();
    for (KeyMaterial one : material) {
      KeySerial serial = store.nextSerial();
      KeySerial privateKey =
          one.type() == KeyMaterial.Type.CERTIFICATE ? store.nextSerial() : KeySerial.NONE;
      entries.add(new KeyringEntry(serial, privateKey, one));
    }
    try {
      return Keyring.of(name, entries);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a keyring of files that were found good cannot be made", e);
    }
  }
}
