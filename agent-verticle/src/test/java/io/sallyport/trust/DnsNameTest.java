package io.sallyport.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DnsNameTest {
  @Test
  void aNameIsInLowerCaseAndWithoutTheTrailingDot() {
    assertThat(DnsName.parse("Api.Example.COM.")).isEqualTo("api.example.com");
    assertThat(DnsName.parse("localhost")).isEqualTo("localhost");
    assertThat(DnsName.parse("xn--bcher-kva.example")).isEqualTo("xn--bcher-kva.example");
    assertThat(DnsName.parse("a_b.example")).isEqualTo("a_b.example");
    assertThat(DnsName.parse("1.2.3.4.example")).isEqualTo("1.2.3.4.example");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "-a.example",
        "a-.example",
        "a b",
        "a/b",
        "127.0.0.1",
        "1",
        "::1",
        "[::1]",
        "a\u0000b",
        "\u00e4.example",
        "*.example",
        "a\nb"
      })
  void whatIsNoHostNameIsNoName(String text) {
    assertThat(DnsName.parse(text)).isNull();
  }

  @Test
  void lengthsAreBounded() {
    assertThat(DnsName.parse("a".repeat(63) + ".example")).isNotNull();
    assertThat(DnsName.parse("a".repeat(64) + ".example")).isNull();
    String long253 = ("a".repeat(60) + ".").repeat(4) + "a".repeat(9);
    assertThat(DnsName.parse(long253)).hasSize(253);
    assertThat(DnsName.parse(long253 + "a")).isNull();
    assertThat(DnsName.parse("a".repeat(100_000))).isNull();
  }

  @Test
  void namesOfAllKindsAreReadAsTheGrammarHasThem() {
    Pattern labels =
        Pattern.compile(
            "([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
    Pattern numberAtEnd = Pattern.compile("(.*\\.)?[0-9]+");
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String alphabet = "ab09_--.. /`{:@\u00e4";
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(1, 8); length > 0; length--) {
        String piece = String.valueOf(alphabet.charAt(random.nextInt(alphabet.length())));
        text.append(piece.repeat(random.nextInt(8) == 0 ? random.nextInt(60, 66) : 1));
      }
      String host =
          text.charAt(text.length() - 1) == '.'
              ? text.substring(0, text.length() - 1)
              : text.toString();
      boolean valid =
          host.length() <= 253
              && labels.matcher(host).matches()
              && !numberAtEnd.matcher(host).matches();
      assertThat(DnsName.parse(text.toString()))
          .as("%s, seed %d", text, seed)
          .isEqualTo(valid ? host : null);
    }
  }
}
