package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.tls.AlertDescription;
import org.junit.jupiter.api.Test;

/// Records as TLS may cut and join messages, and as it may not.
class MessageWalkerTest {
  private static final String CERTIFICATE = "0b000003aabbcc";
  private static final String FINISHED = "1400000411223344";
  private static final String KEY_UPDATE = "1800000100";

  private static void walk(String... records) throws Refusal {
    MessageWalker walker = new MessageWalker();
    for (String record : records) {
      // Not at the start of its array, as in the record layer.
      byte[] content = HexFormat.of().parseHex("ffff" + record + "ff");
      walker.walk(content, 2, content.length - 3);
    }
  }

  @Test
  void messagesMayShareARecordWhenFinishedIsTheLast() {
    assertThatCode(() -> walk(CERTIFICATE + CERTIFICATE + FINISHED)).doesNotThrowAnyException();
  }

  @Test
  void messagesMayBeCutAnywhere() throws Refusal {
    String both = CERTIFICATE + FINISHED;
    for (int cut = 0; cut <= both.length(); cut += 2) {
      walk(both.substring(0, cut), both.substring(cut));
    }
    String[] bytes = both.split("(?<=\\G..)");
    walk(bytes);
  }

  @Test
  void nothingMayFollowFinishedInItsRecord() {
    for (String extra : new String[] {KEY_UPDATE, "18", "00", CERTIFICATE}) {
      for (String before : new String[] {"", CERTIFICATE}) {
        assertThatThrownBy(() -> walk(before + FINISHED + extra))
            .isInstanceOfSatisfying(
                Refusal.class,
                refusal ->
                    assertThat(refusal.getAlertDescription())
                        .isEqualTo(AlertDescription.unexpected_message));
      }
    }
  }

  @Test
  void nothingMayFollowAFinishedThatWasCutBefore() {
    for (int cut = 2; cut < FINISHED.length(); cut += 2) {
      String head = FINISHED.substring(0, cut);
      String tail = FINISHED.substring(cut);
      assertThatThrownBy(() -> walk(head, tail + KEY_UPDATE)).isInstanceOf(Refusal.class);
    }
  }

  @Test
  void anEmptyFinishedIsSeenToo() {
    assertThatThrownBy(() -> walk("14000000" + "18")).isInstanceOf(Refusal.class);
  }

  @Test
  void aLongMessageDoesNotMakeItLookForever() throws Refusal {
    byte[] record = new byte[1 << 14];
    Arrays.fill(record, (byte) 20);
    MessageWalker walker = new MessageWalker();
    walker.walk(HexFormat.of().parseHex("0b00ffff"), 0, 4);
    for (int i = 0; i < 3; i++) {
      walker.walk(record, 0, record.length);
    }
    walker.walk(record, 0, record.length - 1);
    assertThatThrownBy(() -> walker.walk(HexFormat.of().parseHex("140000000b"), 0, 5))
        .isInstanceOf(Refusal.class);
  }
}
