package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.audit.KeyUse.Operation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// What a holder signs for others: forms written down by hand from the RFCs.
class SignedContentTest {
  private static byte[] bytes(String... parts) {
    return HexFormat.of().parseHex(String.join("", parts));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  /// RFC 9846 §4.5.2 (8446 §4.4.3): 64 spaces, a context, a zero, a hash.
  private static byte[] tls13(String role, int hashLength) {
    return bytes(
        "20".repeat(64),
        hex("TLS 1.3, " + role + " CertificateVerify"),
        "00",
        "ab".repeat(hashLength));
  }

  /// RFC 8422 §5.4: two randoms, named_curve, x25519, a point of 32 bytes.
  private static final byte[] KEY_EXCHANGE =
      bytes("11".repeat(32), "22".repeat(32), "03", "001d", "20", "33".repeat(32));

  /// A ClientHello of two bytes, then a ClientKeyExchange of one.
  private static final byte[] MESSAGES = bytes("01", "000002", "aabb", "10", "000001", "cc");

  @Test
  void theFormsOfAHandshakeAreKnown() {
    assertThat(SignedContent.operation(tls13("server", 32)))
        .contains(Operation.TLS13_CERTIFICATE_VERIFY);
    assertThat(SignedContent.operation(tls13("client", 48)))
        .contains(Operation.TLS13_CERTIFICATE_VERIFY);
    assertThat(SignedContent.operation(KEY_EXCHANGE)).contains(Operation.TLS12_SERVER_KEY_EXCHANGE);
    assertThat(SignedContent.operation(MESSAGES)).contains(Operation.TLS12_CERTIFICATE_VERIFY);
  }

  @Test
  void noTruncationAndNoSurplusIsAHandshake() {
    for (byte[] whole : new byte[][] {tls13("server", 32), KEY_EXCHANGE, MESSAGES}) {
      for (int length = 0; length < whole.length; length++) {
        assertThat(SignedContent.operation(Arrays.copyOf(whole, length)))
            .as("cut to %d of %d", length, whole.length)
            .isEmpty();
      }
      assertThat(SignedContent.operation(Arrays.copyOf(whole, whole.length + 1))).isEmpty();
    }
  }

  @Test
  void anythingElseIsNone() {
    assertThat(SignedContent.operation("pay 1000".getBytes(StandardCharsets.US_ASCII))).isEmpty();
    assertThat(SignedContent.operation(tls13("nobody", 32))).isEmpty();
    assertThat(SignedContent.operation(bytes("02", "000001", "aa", "10", "000001", "cc")))
        .as("does not begin with a ClientHello")
        .isEmpty();
    assertThat(SignedContent.operation(bytes("01", "000001", "aa", "0b", "000001", "cc")))
        .as("does not end with a ClientKeyExchange")
        .isEmpty();
  }
}
