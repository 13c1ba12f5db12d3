package io.sallyport.config;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/// The keyrings of a file: their names, and what those that are right can be used for.
///
/// Unlike names, uses are checked where they stand, so the keyrings have to be read first.
final class KeyringTable {
  private final Names names = new Names("keyring");
  private final Map<String, KeyringConfig> keyrings = new HashMap<>();
  private boolean clustered;
  private boolean usesOthers;

  Names names() {
    return names;
  }

  /// The file is that of a member of a cluster: keyrings that it does not define are defined there.
  ///
  /// @param usesOthers whether the member can use them, as far as its own file tells
  void cluster(boolean usesOthers) {
    clustered = true;
    this.usesOthers = usesOthers;
  }

  boolean isClustered() {
    return clustered;
  }

  /// Reports the references to keyrings that are nowhere, or where this member takes none from.
  void resolve() {
    if (!clustered) {
      names.resolve();
    } else if (!usesOthers) {
      names.rejectUndefined(
          "which is not in this file, and this member neither opens keyrings of the cluster nor"
              + " takes them from another member",
          "cluster.holders with the names of the members that hold it, or a"
              + " cluster.key-encryption-key-file that opens it");
    }
  }

  KeyringConfig add(KeyringConfig keyring) {
    keyrings.put(keyring.name(), keyring);
    return keyring;
  }

  /// Reports a reference to a keyring that cannot do what it is wanted for. A keyring that is wrong
  /// or missing has been reported already, or will be.
  ///
  /// @param part the keys that the keyring has to have
  /// @param purpose what stands behind `expected one with PART`
  void require(
      YamlMapping in,
      Field<String> name,
      Predicate<KeyringConfig> has,
      String part,
      String purpose) {
    if (!name.isValid()) {
      return;
    }
    KeyringConfig keyring = keyrings.get(name.get());
    if (keyring != null && !has.test(keyring)) {
      in.reject(
          name.position(),
          "keyring " + ConfigError.quote(name.get()) + " without " + part,
          "one with " + part + purpose);
    }
  }
}
