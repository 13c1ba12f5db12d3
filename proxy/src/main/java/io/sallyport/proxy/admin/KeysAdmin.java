package io.sallyport.proxy.admin;

import io.sallyport.cluster.KeyringException;
import io.sallyport.cluster.KeyringOperations;
import io.sallyport.cluster.ListedKeyring;
import io.sallyport.config.ConfigError;
import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringFiles;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.keyring.KeyringSharing;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// Does with the cluster's keyrings what operators ask for, and says in a line what was done. Every
/// change is also logged.
///
/// Blocks on the network and the file system; any thread that may.
final class KeysAdmin {
  private static final System.Logger LOG = System.getLogger("sallyport.keys");

  private final KeyringOperations operations;

  KeysAdmin(KeyringOperations operations) {
    this.operations = operations;
  }

  /// What became of a request.
  sealed interface Outcome {}

  /// It was done.
  ///
  /// @param lines the answer
  /// @param warnings what the operator should know besides
  record Done(List<String> lines, List<String> warnings) implements Outcome {
    Done {
      lines = List.copyOf(lines);
      warnings = List.copyOf(warnings);
    }
  }

  /// Nothing was changed, unless the line says that the cluster gave no answer.
  record Refused(String line) implements Outcome {}

  /// Never throws for what the operator or the cluster brings about.
  Outcome run(KeysRequest request) {
    try {
      return switch (request) {
        case KeysRequest.Listing(Optional<String> keyring) ->
            keyring.isPresent() ? listEntries(keyring.get()) : listKeyrings();
        case KeysRequest.Create(String keyring, KeyringSharing sharing) -> {
          operations.create(keyring, sharing);
          yield changed("keyring " + keyring + ": created");
        }
        case KeysRequest.Add(String keyring, MaterialFiles files) ->
            put(keyring, files, Optional.empty());
        case KeysRequest.Replace(String keyring, KeySerial serial, MaterialFiles files) ->
            put(keyring, files, Optional.of(serial));
        case KeysRequest.Remove(String keyring, Optional<KeySerial> serial) ->
            remove(keyring, serial);
        case KeysRequest.Grant(String keyring, List<String> members) -> {
          members.forEach(member -> operations.grant(keyring, member));
          yield changed("keyring " + keyring + ": granted to " + String.join(", ", members));
        }
        case KeysRequest.Revoke(String keyring, List<String> members) -> {
          members.forEach(member -> operations.revoke(keyring, member));
          yield changed("keyring " + keyring + ": revoked from " + String.join(", ", members));
        }
        case KeysRequest.Rotate(String keyring) -> {
          operations.rotateDataKey(keyring);
          yield changed("keyring " + keyring + ": sealed under a new data key");
        }
        case KeysRequest.Rewrap() ->
            changed("keyrings wrapped under another key-encryption key: " + operations.rewrap());
      };
    } catch (KeyringException e) {
      return new Refused(ConfigError.printable(String.valueOf(e.getMessage())));
    }
  }

  private static Done changed(String line) {
    return changed(line, List.of());
  }

  private static Done changed(String line, List<String> warnings) {
    String printable = ConfigError.printable(line);
    LOG.log(Level.INFO, printable);
    return new Done(List.of(printable), warnings);
  }

  private Outcome put(String keyring, MaterialFiles files, Optional<KeySerial> replaced) {
    KeyringFiles.Result read;
    try {
      read = files.read(keyring);
    } catch (IllegalArgumentException e) {
      return new Refused(
          ConfigError.printable("found " + e.getMessage() + ", expected the name of a keyring"));
    }
    return switch (read) {
      case KeyringFiles.Rejected(List<ConfigError> errors) ->
          new Refused(errors.stream().map(KeysAdmin::fault).collect(Collectors.joining("; and ")));
      case KeyringFiles.Read(List<KeyMaterial> material, List<ConfigError> warnings) ->
          put(
              keyring,
              material.getFirst(),
              replaced,
              warnings.stream().map(KeysAdmin::fault).toList());
    };
  }

  private Outcome put(
      String keyring, KeyMaterial material, Optional<KeySerial> replaced, List<String> warnings) {
    String what = material.type() + " (" + material.label() + ")";
    if (replaced.isPresent()) {
      operations.replace(keyring, replaced.get(), material);
      return changed(
          "keyring " + keyring + ": replaced " + replaced.get() + ", a " + what, warnings);
    }
    KeySerial serial = operations.add(keyring, material);
    return changed("keyring " + keyring + ": added " + serial + ", a " + what, warnings);
  }

  /// An error without its place, which is no place in a config file.
  private static String fault(ConfigError error) {
    return ConfigError.printable("found " + error.found() + ", expected " + error.expected());
  }

  private Outcome remove(String keyring, Optional<KeySerial> serial) {
    if (serial.isPresent()) {
      operations.remove(keyring, serial.get());
      return changed("keyring " + keyring + ": removed " + serial.get());
    }
    operations.remove(keyring);
    return changed("keyring " + keyring + ": removed, with all its keys");
  }

  private Outcome listKeyrings() {
    List<String> lines = new ArrayList<>();
    for (ListedKeyring keyring : operations.list()) {
      lines.add(
          ConfigError.printable(
              switch (keyring) {
                case ListedKeyring.Opened(KeyringManifest manifest, List<String> keyIds) ->
                    opened(manifest, keyIds);
                case ListedKeyring.Closed closed ->
                    closed.name()
                        + " closed kek="
                        + String.join(",", closed.keyIds())
                        + " ("
                        + closed.reason()
                        + ")";
              }));
    }
    return new Done(lines, List.of());
  }

  private static String opened(KeyringManifest manifest, List<String> keyIds) {
    KeyringSharing sharing = manifest.sharing();
    return manifest.name()
        + " keys="
        + manifest.entries().size()
        + " version="
        + manifest.version()
        + " mode="
        + word(sharing.mode())
        + " tickets="
        + word(sharing.tickets())
        + " kek="
        + String.join(",", keyIds)
        + " grants="
        + String.join(",", sharing.grants());
  }

  private Outcome listEntries(String name) {
    for (ListedKeyring keyring : operations.list()) {
      switch (keyring) {
        case ListedKeyring.Opened opened when opened.manifest().name().equals(name) -> {
          return new Done(
              opened.manifest().entries().stream().map(KeysAdmin::entry).toList(), List.of());
        }
        case ListedKeyring.Closed closed when closed.name().equals(name) -> {
          return new Refused(
              "found keyring "
                  + name
                  + " "
                  + closed.reason()
                  + ", expected one that this member can open");
        }
        case ListedKeyring.Opened _, ListedKeyring.Closed _ -> {}
      }
    }
    return new Refused("found no keyring " + ConfigError.printable(name) + ", expected one");
  }

  private static String entry(KeyringManifest.Entry entry) {
    return ConfigError.printable(
        entry.serial()
            + " "
            + entry.type()
            + " version="
            + entry.version()
            + " origin="
            + word(entry.origin())
            + (entry.privateKey().isNone() ? "" : " key=" + entry.privateKey())
            + " "
            + entry.label());
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
