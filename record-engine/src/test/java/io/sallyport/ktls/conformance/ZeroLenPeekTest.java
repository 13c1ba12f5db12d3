package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.RecvFlag.PEEK;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// The kernel's fixture `zero_len_peek`: a peek finds nothing in empty records either.
@Fixture("zero_len_peek")
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"0data_0data_data", "0data_0data_0data"})
class ZeroLenPeekTest extends ZeroLenFixture {
  private final String variant;

  ZeroLenPeekTest(String variant) {
    this.variant = variant;
  }

  @Test
  void test() {
    inject(variant);
    if (variant.endsWith("_data")) {
      assertThat(answer(PEEK)).isEqualTo("11 data");
      assertThat(answer()).isEqualTo("11 data");
      assertThat(answer()).isEqualTo("EAGAIN");
    } else {
      assertThat(answer(PEEK)).isEqualTo("EAGAIN");
    }
  }
}
