package io.sallyport.proxy;

import io.sallyport.config.ClusterConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyEncryptionKeyConfig;
import io.sallyport.envelope.KeyEncryptionKey;
import io.sallyport.envelope.KeyEncryptionKeyException;
import io.sallyport.envelope.KeyEncryptionKeyReader;
import io.sallyport.envelope.KeyEncryptionKeys;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/// Reads the key-encryption keys that a config names. Blocks on the file system.
public final class EncryptionKeys {
  private EncryptionKeys() {}

  /// All keys, or all that is wrong with them.
  public sealed interface Result {}

  /// Every key could be read.
  ///
  /// @param keys the caller closes them
  /// @param warnings what an operator should know; one line each
  public record Loaded(KeyEncryptionKeys keys, List<String> warnings) implements Result {}

  /// Some could not, and nothing was kept.
  ///
  /// @param errors at the places where the config names the keys, at least one
  public record Rejected(List<ConfigError> errors) implements Result {}

  /// Reads every key of a member.
  public static Result load(ClusterConfig.Member cluster) {
    KeyEncryptionKeyReader reader =
        new KeyEncryptionKeyReader(System.getenv()::get, new SecureRandom());
    List<KeyEncryptionKey> keys = new ArrayList<>();
    List<ConfigError> errors = new ArrayList<>();
    for (KeyEncryptionKeyConfig source : cluster.keyEncryptionKeys()) {
      try {
        keys.add(read(reader, source));
      } catch (KeyEncryptionKeyException e) {
        errors.add(
            new ConfigError(
                source.position(), source.source() + " with " + e.found(), e.expected()));
      }
    }
    if (!errors.isEmpty()) {
      keys.forEach(KeyEncryptionKey::close);
      return new Rejected(errors);
    }
    try {
      return new Loaded(new KeyEncryptionKeys(keys), reader.warnings());
    } catch (IllegalArgumentException _) {
      return new Rejected(
          List.of(
              new ConfigError(
                  cluster.keyEncryptionKeys().getLast().position(),
                  "one key from two places, or more than " + KeyEncryptionKeys.COUNT_MAX,
                  "each key once")));
    }
  }

  private static KeyEncryptionKey read(KeyEncryptionKeyReader reader, KeyEncryptionKeyConfig source)
      throws KeyEncryptionKeyException {
    return switch (source) {
      case KeyEncryptionKeyConfig.File file -> reader.file(file.file().path());
      case KeyEncryptionKeyConfig.Environment variable -> reader.environment(variable.name());
      case KeyEncryptionKeyConfig.Credential credential -> reader.credential(credential.name());
    };
  }
}
