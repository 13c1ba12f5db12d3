package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.handshake.Group;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Set;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.TlsFatalAlert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeySharesTest {
  private static final int GREASE = 0x0A0A;

  /// Groups are numbers as in TLS; 4588 is X25519MLKEM768, 29 X25519, 23 to 25 are P-256, P-384 and
  /// P-521, 30 is X448.
  @ParameterizedTest
  @CsvSource({
    // Shares for all: the hybrid group, wherever it stands; else the client's first.
    "4588 29 23, 4588 29 23, X25519_MLKEM768",
    "29 23 4588, 29 23 4588, X25519_MLKEM768",
    "29 23, 29 23, X25519",
    "23 29, 29 23, P256",
    "25 24 23, 25 24 23, P521",
    // A share saves a round trip, also before the hybrid group.
    "4588 29, 29, X25519",
    "4588 29 23, 23, P256",
    "29 23 24, 24, P384",
    // None that fits: the hybrid group, else the client's first.
    "29 4588, '', X25519_MLKEM768",
    "29 23 4588, 30, X25519_MLKEM768",
    "25 29, '', P521",
    "30 24 23, 30, P384",
    // A share for what the client does not support is none.
    "29 23, 4588 23, P256",
    "29, 4588, X25519",
    // Nothing is shared.
    "30 4587, 30 4587, ",
    "'', '', "
  })
  void theGroupIsSelectedByShare(String offered, String shares, KeyExchangeGroup expected) {
    KeyShares sent = new KeyShares(Set.copyOf(numbers(shares)));
    int[] groups = numbers(offered).stream().mapToInt(Integer::intValue).toArray();
    assertThat(sent.select(groups, List.of(Group.values()))).isEqualTo(expected);
  }

  private static List<Integer> numbers(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(" ")).map(Integer::valueOf).toList();
  }

  private record Share(int group, int length) {}

  private static Hashtable<Integer, byte[]> extension(Share... shares) {
    return extension(content(shares));
  }

  private static byte[] content(Share... shares) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (Share share : shares) {
      write16(list, share.group());
      write16(list, share.length());
      list.writeBytes(new byte[share.length()]);
    }
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    write16(content, list.size());
    content.writeBytes(list.toByteArray());
    return content.toByteArray();
  }

  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  private static Hashtable<Integer, byte[]> extension(byte[] content) {
    Hashtable<Integer, byte[]> extensions = new Hashtable<>();
    extensions.put(ExtensionType.key_share, content);
    return extensions;
  }

  private static void write16(ByteArrayOutputStream out, int value) {
    out.write(value >> Byte.SIZE);
    out.write(value);
  }

  private static void assertAlert(Hashtable<Integer, byte[]> extensions, int alert) {
    assertThatThrownBy(() -> KeyShares.of(extensions))
        .isInstanceOf(TlsFatalAlert.class)
        .satisfies(
            e -> assertThat(((TlsFatalAlert) e).getAlertDescription()).isEqualTo((short) alert));
  }

  @Test
  void sharesOfUnknownGroupsMayHaveAnyLength() throws IOException {
    KeyShares shares =
        KeyShares.of(extension(new Share(GREASE, 1), new Share(30, 7), new Share(29, 32)));
    assertThat(shares.groups()).containsExactlyInAnyOrder(GREASE, 30, 29);
    assertThat(KeyShares.of(extension()).groups()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"4588, 1216", "29, 32", "23, 65", "24, 97", "25, 133"})
  void aShareHasTheLengthOfItsGroup(int group, int length) throws IOException {
    assertThat(KeyShares.of(extension(new Share(group, length))).groups()).containsExactly(group);
    for (int wrong = 1; wrong <= length + 40; wrong++) {
      if (wrong != length) {
        assertAlert(extension(new Share(GREASE, 1), new Share(group, wrong)), 47);
      }
    }
  }

  /// RFC 8446 §4.2.8: a share has at least one byte, so this cannot be decoded.
  @Test
  void anEmptyShareIsADecodeError() {
    assertAlert(extension(new Share(29, 0)), 50);
    assertAlert(extension(new Share(GREASE, 0)), 50);
  }

  @Test
  void twoSharesForAGroupAreIllegal() {
    assertAlert(extension(new Share(29, 32), new Share(23, 65), new Share(29, 32)), 47);
    assertAlert(extension(new Share(GREASE, 1), new Share(GREASE, 1)), 47);
  }

  @Test
  void anExtensionCutAnywhereIsADecodeError() {
    byte[] whole = content(new Share(29, 32));
    for (int length = 0; length < whole.length; length++) {
      assertAlert(extension(Arrays.copyOf(whole, length)), 50);
    }
  }

  /// RFC 8446 §9.2.
  @Test
  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  void theExtensionMustBeThere() {
    assertAlert(new Hashtable<>(), 109);
  }
}
