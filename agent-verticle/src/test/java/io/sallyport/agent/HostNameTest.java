package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {
  @Test
  void aNameIsInLowerCaseAndWithoutTheTrailingDot() {
    assertThat(HostName.parse("Api.Example.COM.")).isEqualTo("api.example.com");
    assertThat(HostName.parse("localhost")).isEqualTo("localhost");
    assertThat(HostName.parse("xn--bcher-kva.example")).isEqualTo("xn--bcher-kva.example");
    assertThat(HostName.parse("a_b.example")).isEqualTo("a_b.example");
    assertThat(HostName.parse("1.2.3.4.example")).isEqualTo("1.2.3.4.example");
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
    assertThat(HostName.parse(text)).isNull();
  }

  @Test
  void lengthsAreBounded() {
    assertThat(HostName.parse("a".repeat(63) + ".example")).isNotNull();
    assertThat(HostName.parse("a".repeat(64) + ".example")).isNull();
    String long253 = ("a".repeat(60) + ".").repeat(4) + "a".repeat(9);
    assertThat(HostName.parse(long253)).hasSize(253);
    assertThat(HostName.parse(long253 + "a")).isNull();
    assertThat(HostName.parse("a".repeat(100_000))).isNull();
  }
}
