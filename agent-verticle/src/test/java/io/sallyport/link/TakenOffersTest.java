package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.HoldersConfig;
import io.sallyport.keyring.LocalKeyringStore;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TakenOffersTest {
  private static final HoldersConfig HOLDERS = new HoldersConfig.Named(List.of("holder-1"));

  private static LinkFrame.Status status(String... keyrings) {
    return new LinkFrame.Status(
        3,
        4,
        List.of(keyrings).stream()
            .map(keyring -> new LinkFrame.Offer(keyring, 1, false, false, true))
            .toList());
  }

  @Test
  void onlyAHoldersOffersCount() {
    try (LocalKeyringStore own = new LocalKeyringStore()) {
      LinkFrame.Status said = status("web");
      LinkFrame.Status none = new LinkFrame.Status(3, 4, List.of());
      assertThat(new TakenOffers(HOLDERS, own, "holder-1").of(said, 0)).isEqualTo(said);
      assertThat(new TakenOffers(HOLDERS, own, "holder-10").of(said, 0)).isEqualTo(none);
      assertThat(new TakenOffers(new HoldersConfig.Any(), own, "x").of(said, 0)).isEqualTo(said);
      assertThat(new TakenOffers(new HoldersConfig.Nobody(), own, "x").of(said, 0)).isEqualTo(none);
    }
  }

  @Test
  void whatIsPassedOverHasALineForEachChangeAndOneAMinute() throws Exception {
    try (LocalKeyringStore own = new LocalKeyringStore()) {
      TakenOffers offers = new TakenOffers(HOLDERS, own, "edge-9");
      List<String> log =
          LinkLog.during(
              "(last)",
              () -> {
                // The same for an hour.
                for (int ms = 0; ms < 3_600_000; ms += 500) {
                  offers.of(status("web"), ms);
                }
                // Another one each time, for two minutes less a moment.
                for (int ms = 0; ms < 2 * TakenOffers.LINE_MS; ms += 500) {
                  offers.of(status("web-" + ms), 3_600_000 + ms);
                }
                offers.of(status("last"), 3_600_000 + 3 * TakenOffers.LINE_MS);
              });
      assertThat(log).hasSize(4).allMatch(line -> line.contains("member edge-9 offers"));
    }
  }

  @Test
  void aLineNamesAFewKeyringsAndNoneThatIsOpenedHereOrNotGranted() throws Exception {
    try (LocalKeyringStore own = new LocalKeyringStore()) {
      TakenOffers offers = new TakenOffers(HOLDERS, own, "edge-9");
      String[] many = IntStream.range(0, 4000).mapToObj(i -> "web-" + i).toArray(String[]::new);
      LinkFrame.Status denied =
          new LinkFrame.Status(0, 0, List.of(new LinkFrame.Offer("web", 1, false, false, false)));
      List<String> log =
          LinkLog.during(
              "edge-9",
              () -> {
                offers.of(denied, 0);
                offers.of(status(many), 500);
              });
      assertThat(log).hasSize(1);
      assertThat(log.getFirst()).hasSizeLessThan(400).doesNotContain("(web)");
    }
  }
}
