package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Numbers of other members, as text and in sums.
final class CountersTest {
  private static Counters counters(String name, long value) {
    return Counters.of(Map.of(name, value));
  }

  private static boolean isGauge(String name) {
    return name.startsWith("now.");
  }

  @Test
  void textIsReadAsItWasWritten() {
    Counters counters = Counters.of(Map.of("b.c", 3L, "a", Long.MAX_VALUE, "zero", 0L));

    assertThat(counters.text()).isEqualTo("{\"a\":9223372036854775807,\"b.c\":3}");
    assertThat(Counters.parse(counters.text())).contains(counters);
    assertThat(counters.value("zero")).isZero();
  }

  @Test
  void whatIsNoCountersIsNotRead() {
    for (String text :
        List.of(
            "",
            "[]",
            "{",
            "3",
            "null",
            "{\"a\":-1}",
            "{\"a\":1.5}",
            "{\"a\":\"1\"}",
            "{\"a\":{}}",
            "{\"a\":null}",
            "{\"a\":99999999999999999999}",
            "{\"" + ".".repeat(129) + "\":1}",
            "{\"a\":" + " ".repeat(70_000) + "1}")) {
      assertThat(Counters.parse(text)).as(text).isEmpty();
    }
    String whole = counters("a", 12).text();
    for (int length = 0; length < whole.length(); length++) {
      assertThat(Counters.parse(whole.substring(0, length))).isEmpty();
    }
    assertThatIllegalArgumentException().isThrownBy(() -> counters("a", -1)).withMessage("a -1");
  }

  @Test
  void aSumStaysAtTheLargestNumber() {
    assertThat(counters("a", Long.MAX_VALUE - 1).plus(counters("a", 5)).value("a"))
        .isEqualTo(Long.MAX_VALUE);
    assertThat(counters("a", 1).plus(counters("b", 2)))
        .isEqualTo(Counters.of(Map.of("a", 1L, "b", 2L)));
  }

  @Test
  void anOlderSnapshotLowersNoCounterAndGaugesAreTheLatest() {
    Counters before = Counters.of(Map.of("a", 5L, "now.open", 9L, "now.gone", 1L));

    assertThat(
            before.advancedTo(Counters.of(Map.of("a", 4L, "now.open", 2L)), CountersTest::isGauge))
        .isEqualTo(Counters.of(Map.of("a", 5L, "now.open", 2L)));
  }

  @Test
  void publishedTextIsReadAsItWasWrittenAndNothingElseIs() {
    PublishedStatistics published =
        PublishedStatistics.empty()
            .with("one", counters("a", 1), Set.of(), CountersTest::isGauge)
            .with("two", counters("a", 2), Set.of(), CountersTest::isGauge);

    String text = published.text();
    assertThat(PublishedStatistics.parse(text)).contains(published);
    for (int length = 0; length < text.length(); length++) {
      assertThat(PublishedStatistics.parse(text.substring(0, length))).isEmpty();
    }
    for (Object other :
        List.of(3L, new byte[3], "[]", "{\"earlier\":3}", "{\"incarnations\":{\"a\":1}}")) {
      assertThat(PublishedStatistics.parse(other)).isEmpty();
    }
  }

  @Test
  void theOldestOfManyThatAreGoneAreSummedWithoutTheirGauges() {
    PublishedStatistics published = PublishedStatistics.empty();
    int count = PublishedStatistics.GONE_MAX + 4;
    for (int i = 0; i < count; i++) {
      Counters counters = Counters.of(Map.of("a", 1L, "now.open", 7L));
      published = published.with("id " + i, counters, Set.of("id 1"), CountersTest::isGauge);
    }

    // One is live, one is the last itself, and of the gone two too many are left.
    assertThat(published.earlier())
        .isEqualTo(counters("a", count - PublishedStatistics.GONE_MAX - 2));
    assertThat(published.incarnations())
        .hasSize(PublishedStatistics.GONE_MAX + 2)
        .containsKey("id 1");
    long sum = published.earlier().value("a");
    for (Counters one : published.incarnations().values()) {
      sum += one.value("a");
    }
    assertThat(sum).isEqualTo(count);
  }
}
