package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SilenceTest {
  private static final int MAX_MS = 1_500;

  @Test
  void silenceIsMeasuredFromWhatWasHeardLast() {
    Silence silence = new Silence(MAX_MS, 0);
    assertThat(silence.isTooLong(500)).isFalse();
    silence.heard(700);
    assertThat(silence.isTooLong(1_000)).isFalse();
    assertThat(silence.isTooLong(1_500)).isFalse();
    assertThat(silence.isTooLong(2_000)).isFalse();
    assertThat(silence.isTooLong(2_200)).isFalse();
    assertThat(silence.isTooLong(2_201)).isTrue();
  }

  @Test
  void aPauseOfThisMemberIsNoSilenceOfTheOther() {
    Silence silence = new Silence(MAX_MS, 0);
    assertThat(silence.isTooLong(500)).isFalse();
    assertThat(silence.isTooLong(60_000)).isFalse();
    // The looks that were missed come in a row.
    assertThat(silence.isTooLong(60_001)).isFalse();
    assertThat(silence.isTooLong(60_500)).isFalse();
    assertThat(silence.isTooLong(61_000)).isFalse();
    assertThat(silence.isTooLong(61_500)).isFalse();
    assertThat(silence.isTooLong(62_000)).isTrue();
  }
}
