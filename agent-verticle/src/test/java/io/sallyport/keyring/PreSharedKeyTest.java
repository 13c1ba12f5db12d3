package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class PreSharedKeyTest {
  private static final String HEX = "000102030405060708090a0b0c0d0e0fF0";

  private final LocalKeyringStore store = new LocalKeyringStore();
  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init")
  private TestFiles files;

  @BeforeEach
  void makeFiles() {
    files = new TestFiles(folder);
    files.write("good", HEX);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private KeyringConfig config(PskConfig... psks) {
    TrustConfig none = new TrustConfig.None();
    return new KeyringConfig("web", List.of(), none, none, List.of(psks));
  }

  private Keyring keyring(PskConfig... psks) {
    Keyring keyring = files.keyring(store, config(psks));
    store.put(keyring);
    return keyring;
  }

  private PskConfig psk(String identity, String file) {
    return new PskConfig(identity, files.named(file));
  }

  private static String hex(PreSharedKey key) {
    try (SecretBytes secret = key.secret()) {
      byte[] bytes = new byte[secret.length()];
      secret.reveal().getBytes(0, bytes);
      return HexFormat.of().formatHex(bytes);
    }
  }

  private void assertError(String content, String found) {
    files.write("wrong", content);
    KeyringLoader.Result result =
        KeyringLoader.load(config(psk("a", "good"), psk("b", "wrong")), store);
    assertThat(result).isInstanceOf(KeyringLoader.Rejected.class);
    List<ConfigError> errors = ((KeyringLoader.Rejected) result).errors();
    assertThat(errors).hasSize(1);
    assertThat(errors.getFirst().found()).isEqualTo(found + " in " + files.path("wrong"));
    assertThat(errors.getFirst().position().line() % 2).isZero();
    assertThat(errors.getFirst().message()).doesNotContain("0102");
  }

  @Test
  void aSecretIsHexadecimalDigitsWithSpaceAround() {
    String longest = HEX.substring(0, 32).repeat(4);
    files.write("spaced", " \t\r\n" + HEX + "\r\n\n ");
    files.write("longest", longest);
    files.write("shortest", HEX.substring(0, 32));
    Keyring keyring =
        keyring(psk("a", "good"), psk("b", "spaced"), psk("c", "longest"), psk("d", "shortest"));

    assertThat(keyring.psks().stream().map(PreSharedKeyTest::hex))
        .containsExactly(
            HEX.toLowerCase(Locale.ROOT),
            HEX.toLowerCase(Locale.ROOT),
            longest,
            HEX.substring(0, 32));
  }

  @Test
  void whatOpensslMakesIsRead() {
    files.openssl("rand", "-hex", "-out", "made", "32");

    assertThat(hex(keyring(psk("a", "made")).psks().getFirst()))
        .isEqualTo(files.read("made").strip());
  }

  @Test
  void aKeyIsFoundByIdentityAndBySerial() {
    Keyring keyring = keyring(psk("edge \u00e4", "good"), psk("edge", "good"));
    PreSharedKey first = keyring.psks().getFirst();

    byte[] identity = "edge \u00e4".getBytes(StandardCharsets.UTF_8);
    assertThat(first.identityBytes()).isEqualTo(identity);
    assertThat(keyring.psk(identity)).containsSame(first);
    assertThat(keyring.psk(first.serial())).containsSame(first);
    assertThat(first.serial()).isNotEqualTo(keyring.psks().getLast().serial());
    identity[identity.length - 1] ^= 1;
    for (byte[] other : List.of(identity, new byte[0], new byte[1000])) {
      assertThat(keyring.psk(other)).isEmpty();
    }
    assertThat(keyring.psk(KeySerial.NONE)).isEmpty();
    assertThat(first.toString()).doesNotContain("edge");
  }

  @Test
  void filesThatAreNoSecretAreErrors() {
    assertError("", "a secret of 0 bytes");
    assertError(HEX.substring(0, 30), "a secret of 15 bytes");
    assertError("00".repeat(65), "a secret of 65 bytes");
    assertError(HEX + "0", "an odd number of hexadecimal digits");
    for (String wrong : List.of("0x" + HEX, HEX + " " + HEX, HEX + "\u00e4", HEX + "g")) {
      assertError(wrong, "something else than hexadecimal digits");
    }
    assertError(HEX + " ".repeat(4096), "a file of more than 4 KiB");
  }

  @Test
  void secretsLiveAsLongAsSomeoneHoldsTheKeyring() {
    Keyring keyring = keyring(psk("a", "good"));
    PreSharedKey key = keyring.psks().getFirst();
    assertThat(keyring.retain()).isTrue();
    SecretBytes copy = key.secret();
    store.remove("web");
    assertThat(hex(key)).isEqualToIgnoringCase(HEX);

    keyring.release();

    assertThatThrownBy(key::secret).isInstanceOf(KtlsException.class);
    assertThat(copy.length()).isEqualTo(HEX.length() / 2);
    copy.close();
  }

  @Test
  void secretsOfARejectedKeyringAreWiped() {
    // LeakCheck sees what is left.
    KeyringLoader.Result result =
        KeyringLoader.load(
            config(
                Stream.of("good", "missing", "good")
                    .map(file -> psk("p" + files.named(file).position().line(), file))
                    .toArray(PskConfig[]::new)),
            store);

    assertThat(result).isInstanceOf(KeyringLoader.Rejected.class);
  }
}
