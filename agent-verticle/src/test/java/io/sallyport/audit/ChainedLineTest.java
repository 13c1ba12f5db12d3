package io.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.keyring.KeySerial;
import io.sallyport.testing.Seeds;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ChainedLineTest {
  private static final String LOG = "000102030405060708090a0b0c0d0e0f";
  private static final FileHeader HEADER =
      new FileHeader(Instant.parse("2026-03-01T12:00:00Z"), "edge-1", LOG, 1, ChainedLine.START);

  /// What a peer may send as a name: line breaks, quotes, control characters, half a surrogate.
  private static final String HOSTILE = "a\n\"b\\\r\u0000\u0085\u2028\ud800é\",\"chain\":\"";

  // The values are Python's: hashlib.sha256((previous + content).encode()).hexdigest().

  @Test
  void headerIsTheKnownLine() {
    assertThat(text(ChainedLine.of(0, HEADER, ChainedLine.START)))
        .isEqualTo(
            """
            {"seq":0,"time":"2026-03-01T12:00:00.000Z","event":"file","format":"sallyport-audit-1",\
            "member":"edge-1","log":"000102030405060708090a0b0c0d0e0f","number":1,\
            "previous":"0000000000000000000000000000000000000000000000000000000000000000",\
            "chain":"4807c25765b6f6ea84b67ccc3e2ad7abb178ad001affdb37abfc3e6eb5f0808b"}
            """);
  }

  @Test
  void useIsTheKnownLine() {
    KeyUse use =
        new KeyUse(
            Uses.TIME,
            "edge-2",
            "listener https",
            "web",
            new KeySerial(42),
            KeyUse.Operation.TLS13_CERTIFICATE_VERIFY,
            "a\n\"b\\é",
            new KeyUse.Refused(KeyUse.Reason.NOT_GRANTED));
    String previous = ChainedLine.of(0, HEADER, ChainedLine.START).chain();
    assertThat(text(ChainedLine.of(1, use, previous)))
        .isEqualTo(
            """
            {"seq":1,"time":"2026-03-01T12:00:00.250Z","event":"key_use","member":"edge-2",\
            "consumer":"listener https","keyring":"web","key":"0000002a",\
            "operation":"tls13_certificate_verify","sni":"a\\u000a\\"b\\\\\\u00e9",\
            "result":"refused","reason":"not_granted",\
            "chain":"40ee7347e0fe8afb60b35be9e5f4ec7ee2a117657e48c5c21961918e43f53992"}
            """);
  }

  @Test
  void hostileNameStaysInItsString() {
    ChainedLine line = ChainedLine.of(7, withName(HOSTILE), ChainedLine.START);
    byte[] bytes = line.bytes();
    assertThat(text(line)).matches("[ -~]+\n");
    assertThat(ChainedLine.parse(Arrays.copyOf(bytes, bytes.length - 1))).isEqualTo(line);
    assertThat(new JsonObject(text(line)).getString("chain")).isEqualTo(line.chain());
  }

  @Test
  void longestLineIsShorterThanTheBound() {
    String endless = "\u0000".repeat(100_000);
    KeyUse use =
        new KeyUse(
            Uses.TIME,
            endless,
            endless,
            endless,
            new KeySerial(-1),
            KeyUse.Operation.TLS12_SERVER_KEY_EXCHANGE,
            endless,
            new KeyUse.Refused(KeyUse.Reason.WRONG_SCHEME));
    AuditEntry cut = new AuditEntry.Cut(Uses.TIME, Long.MAX_VALUE, endless);
    AuditEntry damage = new AuditEntry.Damage(Uses.TIME, endless, endless, endless);
    FileHeader header =
        new FileHeader(Uses.TIME, "x".repeat(255), LOG, 999_999_999, ChainedLine.START);
    for (AuditEntry entry : new AuditEntry[] {use, cut, damage, header}) {
      ChainedLine line = ChainedLine.of(999_999_999_999_999_999L, entry, ChainedLine.START);
      byte[] bytes = line.bytes();
      assertThat(bytes.length).isLessThanOrEqualTo(ChainedLine.LENGTH_MAX);
      assertThat(ChainedLine.parse(Arrays.copyOf(bytes, bytes.length - 1))).isEqualTo(line);
    }
  }

  @Test
  void nameThatIsTooLongEndsInAnEllipsis() {
    assertThat(withName("x".repeat(255)).serverName()).isEqualTo("x".repeat(255));
    assertThat(withName("x".repeat(256)).serverName()).isEqualTo("x".repeat(254) + "…");
  }

  @Test
  void everyLineIsReadBackAndIsJsonThatSaysWhatTheUseWas() {
    Seeds.forEach(
        200,
        random -> {
          KeyUse use = Uses.random(random);
          long sequence = random.nextLong(1L << 40);
          ChainedLine line = ChainedLine.of(sequence, use, ChainedLine.START);
          String text = text(line);
          assertThat(ChainedLine.parse(text.stripTrailing().getBytes(StandardCharsets.US_ASCII)))
              .isEqualTo(line);
          JsonObject json = new JsonObject(text);
          assertThat(json.getLong("seq")).isEqualTo(sequence);
          assertThat(json.getInstant("time")).isEqualTo(use.time());
          assertThat(json.getString("member")).isEqualTo(use.member());
          assertThat(json.getString("consumer")).isEqualTo(use.consumer());
          assertThat(json.getString("keyring")).isEqualTo(use.keyring());
          assertThat(json.getString("key")).isEqualTo(use.key().toString());
          assertThat(json.getString("sni")).isEqualTo(use.serverName());
        });
  }

  @Test
  void noTruncationOfALineIsALine() {
    byte[] bytes = ChainedLine.of(7, withName(HOSTILE), ChainedLine.START).bytes();
    for (int length = 0; length < bytes.length - 1; length++) {
      assertThat(ChainedLine.parse(Arrays.copyOf(bytes, length))).isNull();
    }
  }

  @Test
  void headerIsReadBackAndNothingElseIsOne() {
    ChainedLine line = ChainedLine.of(0, HEADER, ChainedLine.START);
    assertThat(FileHeader.parse(line.content())).isEqualTo(HEADER);
    for (int length = 0; length < line.content().length(); length++) {
      assertThat(FileHeader.parse(line.content().substring(0, length))).isNull();
    }
    assertThat(FileHeader.parse(line.content().replace("2026-03", "2026-33"))).isNull();
    assertThat(FileHeader.parse(line.content().replace("audit-1", "audit-2"))).isNull();
    assertThat(FileHeader.parse(LineText.of(0, withName("x")))).isNull();
  }

  private static KeyUse withName(String serverName) {
    return new KeyUse(
        Uses.TIME,
        "edge-2",
        "listener https",
        "web",
        new KeySerial(42),
        KeyUse.Operation.TLS13_PSK,
        serverName,
        new KeyUse.Done());
  }

  private static String text(ChainedLine line) {
    return new String(line.bytes(), StandardCharsets.US_ASCII);
  }
}
