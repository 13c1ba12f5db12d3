package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sallyport.keyring.KeyringManifest.Entry;
import io.sallyport.keyring.KeyringManifest.Origin;
import io.sallyport.keyring.KeyringManifest.State;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class KeyringManifestTest {
  private static final KeyringManifest MANIFEST =
      new KeyringManifest(
          "web",
          7,
          State.PRESENT,
          new KeyringSharing(
              KeyringSharing.Mode.RELAY,
              KeyringSharing.Tickets.SEALED,
              List.of("edge-1", "edge-2")),
          "0123456789abcdef".repeat(4),
          List.of(
              certificate(1, 2, "CN=site.example"),
              new Entry(
                  new KeySerial(-3),
                  KeySerial.NONE,
                  9,
                  KeyMaterial.Type.PRE_SHARED_KEY,
                  Origin.ADDED,
                  "device \u00e4")));

  private static Entry certificate(int serial, int privateKey, String label) {
    return new Entry(
        new KeySerial(serial),
        new KeySerial(privateKey),
        1,
        KeyMaterial.Type.CERTIFICATE,
        Origin.IMPORTED,
        label);
  }

  private static Entry trust(int serial, KeyMaterial.Type type) {
    return new Entry(new KeySerial(serial), KeySerial.NONE, 1, type, Origin.ADDED, "");
  }

  private static byte[] form(KeyringManifest manifest) {
    try (SecretBytes form = KeyringManifestForm.write(manifest)) {
      byte[] bytes = new byte[form.length()];
      form.reveal().getBytes(0, bytes);
      return bytes;
    }
  }

  private static Optional<KeyringManifest> read(byte[] bytes) {
    try (SecretBytes form = SecretBytes.wiping(bytes.clone())) {
      return KeyringManifestForm.read(form);
    }
  }

  @Test
  void everyManifestComesBackAsItWas() {
    assertThat(read(form(MANIFEST))).contains(MANIFEST);
    Seeds.forEach(
        200,
        random -> {
          KeyringManifest manifest = random(random);
          assertThat(read(form(manifest))).contains(manifest);
        });
  }

  private static KeyringManifest random(Random random) {
    List<Entry> entries = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      entries.add(certificate(2 * i, 2 * i + 1, "x".repeat(random.nextInt(129))));
    }
    List<String> grants = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      grants.add("edge-" + i);
    }
    return new KeyringManifest(
        "k".repeat(1 + random.nextInt(255)),
        1 + random.nextLong(Long.MAX_VALUE),
        State.PRESENT,
        KeyringSharing.DEFAULT.withGrants(grants),
        random.nextBoolean() ? "" : "f0".repeat(32),
        entries);
  }

  @Test
  void everyTruncationAndEverySurplusIsMalformed() {
    byte[] form = form(MANIFEST);
    for (int length = 0; length < form.length; length++) {
      assertThat(read(Arrays.copyOf(form, length))).as("%d bytes", length).isEmpty();
    }
    assertThat(read(Arrays.copyOf(form, form.length + 1))).isEmpty();
    assertThat(read(new byte[(1 << 20) + 1])).isEmpty();
  }

  /// Goal: no two forms are read as one manifest. Method: each bit is flipped.
  @Test
  void everyFlippedBitIsMalformedOrAnotherManifest() {
    byte[] form = form(MANIFEST);
    int malformed = 0;
    for (int bit = 0; bit < form.length * 8; bit++) {
      byte[] changed = form.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      Optional<KeyringManifest> read = read(changed);
      assertThat(read).as("bit %d", bit).isNotEqualTo(Optional.of(MANIFEST));
      read.ifPresent(manifest -> assertThat(form(manifest)).isEqualTo(changed));
      malformed += read.isEmpty() ? 1 : 0;
    }
    assertThat(malformed).isPositive().isLessThan(form.length * 8);
  }

  @Test
  void whateverComesIsReadWithoutAnException() {
    byte[] form = form(MANIFEST);
    Seeds.forEach(
        3000,
        random -> {
          byte[] changed = form.clone();
          for (int i = random.nextInt(6); i >= 0; i--) {
            changed[1 + random.nextInt(form.length - 1)] = (byte) random.nextInt();
          }
          read(changed).ifPresent(manifest -> assertThat(form(manifest)).isEqualTo(changed));
        });
  }

  @Test
  void manifestsThatContradictThemselvesAreRefused() {
    assertRefused(List.of(certificate(1, 2, ""), certificate(3, 1, "")));
    assertRefused(List.of(certificate(1, 1, "")));
    assertRefused(
        List.of(trust(1, KeyMaterial.Type.CLIENT_TRUST), trust(2, KeyMaterial.Type.CLIENT_TRUST)));
    MANIFEST.withEntries(
        List.of(trust(1, KeyMaterial.Type.CLIENT_TRUST), trust(2, KeyMaterial.Type.SERVER_TRUST)));
    assertThatIllegalArgumentException().isThrownBy(() -> certificate(1, 0, ""));
    assertThatIllegalArgumentException().isThrownBy(() -> certificate(0, 1, ""));
    assertThatIllegalArgumentException().isThrownBy(() -> certificate(1, 2, "x".repeat(129)));
    assertThatIllegalArgumentException().isThrownBy(() -> certificate(1, 2, "\ud800"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyringSharing.DEFAULT.withGrants(List.of("a", "a")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyringSharing.DEFAULT.withGrants(List.of("")));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new KeyringManifest(
                "web", 1, State.REMOVED, KeyringSharing.DEFAULT, "", MANIFEST.entries()));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new KeyringManifest("web", 0, State.PRESENT, KeyringSharing.DEFAULT, "", List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new KeyringManifest("web", 1, State.PRESENT, KeyringSharing.DEFAULT, "0", List.of()));
  }

  private static void assertRefused(List<Entry> entries) {
    assertThatIllegalArgumentException().isThrownBy(() -> MANIFEST.withEntries(entries));
  }

  @Test
  void nextManifestHasTheNextVersion() {
    assertThat(MANIFEST.withEntries(List.of()).version()).isEqualTo(8);
    assertThat(MANIFEST.withSharing(KeyringSharing.DEFAULT).version()).isEqualTo(8);
  }
}
