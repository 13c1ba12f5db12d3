package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// The bytes of a [KeyringManifest] before they are sealed. One manifest has one form, and what is
/// read must be exactly that.
public final class KeyringManifestForm {
  /// Bytes of a form; more is refused.
  private static final int LENGTH_MAX = 1 << 20;

  private static final byte FORMAT = 1;
  private static final int LABEL_BYTES_MAX = 4 * KeyMaterial.LABEL_LENGTH_MAX;
  private static final int DIGEST_LENGTH = 32;

  // Each in the order that the form counts them: a new one goes behind.
  private static final List<KeyringManifest.State> STATES =
      List.of(KeyringManifest.State.PRESENT, KeyringManifest.State.REMOVED);
  private static final List<KeyringManifest.Origin> ORIGINS =
      List.of(KeyringManifest.Origin.IMPORTED, KeyringManifest.Origin.ADDED);
  private static final List<KeyringSharing.Mode> MODES =
      List.of(KeyringSharing.Mode.SIGN, KeyringSharing.Mode.RELAY);
  private static final List<KeyringSharing.Tickets> TICKETS =
      List.of(KeyringSharing.Tickets.SHARED, KeyringSharing.Tickets.SEALED);

  private KeyringManifestForm() {}

  /// The form, which the caller closes.
  public static SecretBytes write(KeyringManifest manifest) {
    KeyringSharing sharing = manifest.sharing();
    FormWriter out = new FormWriter().number8(FORMAT);
    out.text(manifest.name()).number64(manifest.version()).choice(STATES, manifest.state());
    out.choice(MODES, sharing.mode()).choice(TICKETS, sharing.tickets());
    out.count(sharing.grants().size());
    sharing.grants().forEach(out::text);
    out.bytes(HexFormat.of().parseHex(manifest.importDigest()));
    out.count(manifest.entries().size());
    for (KeyringManifest.Entry entry : manifest.entries()) {
      out.number32(entry.serial().number()).number32(entry.privateKey().number());
      out.number32(entry.version()).choice(KeyMaterialForm.TYPES, entry.type());
      out.choice(ORIGINS, entry.origin()).text(entry.label());
    }
    return SecretBytes.wiping(out.written());
  }

  /// The manifest; empty for anything that [#write] does not make.
  ///
  /// @param form stays the caller's
  public static Optional<KeyringManifest> read(SecretBytes form) {
    if (form.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      FormReader in = new FormReader(form);
      if (in.number8() != FORMAT) {
        return Optional.empty();
      }
      KeyringManifest manifest = read(in);
      in.end();
      return Optional.of(manifest);
    } catch (FormReader.MalformedException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static KeyringManifest read(FormReader in) throws FormReader.MalformedException {
    String name = in.text(KeyringManifest.NAME_LENGTH_MAX);
    long version = in.number64();
    KeyringManifest.State state = in.choice(STATES);
    KeyringSharing.Mode mode = in.choice(MODES);
    KeyringSharing.Tickets tickets = in.choice(TICKETS);
    List<String> grants = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      grants.add(in.text(KeyringSharing.GRANT_LENGTH_MAX));
    }
    String digest = HexFormat.of().formatHex(in.bytes(DIGEST_LENGTH));
    List<KeyringManifest.Entry> entries = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      entries.add(
          new KeyringManifest.Entry(
              new KeySerial(in.number32()),
              new KeySerial(in.number32()),
              in.number32(),
              in.choice(KeyMaterialForm.TYPES),
              in.choice(ORIGINS),
              in.text(LABEL_BYTES_MAX)));
    }
    KeyringSharing sharing = new KeyringSharing(mode, tickets, grants);
    return new KeyringManifest(name, version, state, sharing, digest, entries);
  }
}
