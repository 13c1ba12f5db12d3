package io.sallyport.keyring;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What belongs to a keyring of a cluster: all but the keys themselves. Sealed, it is what makes an
/// exchanged, missing, additional or outdated key visible.
///
/// @param name of the keyring
/// @param version from 1 on; a later manifest has a higher one
/// @param state whether the keyring is there
/// @param sharing for members that cannot open it
/// @param importDigest SHA-256 of what was imported from a config, as 64 hexadecimal digits in
///   lower case; empty when nothing was
/// @param entries the default certificate first; none when the keyring was removed
public record KeyringManifest(
    String name,
    long version,
    State state,
    KeyringSharing sharing,
    String importDigest,
    List<Entry> entries) {
  /// Whether the keyring is there.
  public enum State {
    PRESENT,
    /// Somebody who could open it removed it. That it is simply gone proves nothing.
    REMOVED
  }

  /// Where a key came from.
  public enum Origin {
    /// From the config of a member; the next import replaces it.
    IMPORTED,
    /// By hand; it stays until it is removed by hand.
    ADDED
  }

  /// One key, or whom the keyring trusts.
  ///
  /// @param serial unique in the cluster
  /// @param privateKey serial of the private key of a certificate; [KeySerial#NONE] for all else
  /// @param version from 1 on; what replaces a key under its serial has a higher one
  /// @param label for people, no secret: escape it where it is printed; the identity of a
  ///   pre-shared key, each once
  public record Entry(
      KeySerial serial,
      KeySerial privateKey,
      int version,
      KeyMaterial.Type type,
      Origin origin,
      String label) {
    public Entry {
      if (serial.isNone()
          || privateKey.isNone() == (type == KeyMaterial.Type.CERTIFICATE)
          || version < 1
          || label.codePointCount(0, label.length()) > KeyMaterial.LABEL_LENGTH_MAX
          || !StandardCharsets.UTF_8.newEncoder().canEncode(label)) {
        throw new IllegalArgumentException(
            "an entry " + serial + ", " + privateKey + ", version " + version + ", " + type);
      }
    }
  }

  /// Entries of a keyring.
  public static final int ENTRIES_MAX = 1024;

  static final int NAME_LENGTH_MAX = 255;

  private static final Pattern DIGEST = Pattern.compile("([0-9a-f]{64})?");

  public KeyringManifest {
    entries = List.copyOf(entries);
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > NAME_LENGTH_MAX) {
      throw new IllegalArgumentException("a keyring's name of " + length + " bytes");
    }
    if (version < 1 || !DIGEST.matcher(importDigest).matches()) {
      throw new IllegalArgumentException("version " + version + ", digest " + importDigest);
    }
    if (entries.size() > ENTRIES_MAX) {
      throw new IllegalArgumentException(
          "found " + entries.size() + " keys, expected at most " + ENTRIES_MAX + " in a keyring");
    }
    if (state == State.REMOVED && !entries.isEmpty()) {
      throw new IllegalArgumentException("a removed keyring of " + entries.size() + " keys");
    }
    checkEntries(entries);
  }

  private static void checkEntries(List<Entry> entries) {
    Set<KeySerial> serials = new HashSet<>();
    Set<KeyMaterial.Type> trusts = new HashSet<>();
    Set<String> identities = new HashSet<>();
    for (Entry entry : entries) {
      if (!serials.add(entry.serial())
          || (!entry.privateKey().isNone() && !serials.add(entry.privateKey()))) {
        throw new IllegalArgumentException("serial " + entry.serial() + " twice");
      }
      boolean isFirst =
          switch (entry.type()) {
            case CERTIFICATE -> true;
            case PRE_SHARED_KEY -> identities.add(entry.label());
            case CLIENT_TRUST, SERVER_TRUST -> trusts.add(entry.type());
          };
      if (!isFirst) {
        // Without the label, which may have every character.
        throw new IllegalArgumentException(
            entry.type() == KeyMaterial.Type.PRE_SHARED_KEY
                ? "found a second psk of one identity, expected one"
                : "found a second " + entry.type() + ", expected one");
      }
    }
  }

  /// The next version with these entries.
  public KeyringManifest withEntries(List<Entry> others) {
    return new KeyringManifest(name, version + 1, state, sharing, importDigest, others);
  }

  /// The next version with this sharing.
  public KeyringManifest withSharing(KeyringSharing other) {
    return new KeyringManifest(name, version + 1, state, other, importDigest, entries);
  }
}
