package io.sallyport.ktls.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernel's fixture `zero_len`: empty records among others, read with room for the type.
@Fixture("zero_len")
@ParameterizedClass(name = "{0}")
@CsvSource(
    delimiter = '|',
    value = {
      "data_data_data    | 33 data, EAGAIN",
      "data_0ctrl_data   | 11 data, 0 ctrl, 11 data, EAGAIN",
      "0data_0data_0data | EAGAIN",
      "0data_0data_ctrl  | 0 data, 11 ctrl, EAGAIN",
      "0data_0data_0ctrl | 0 data, 0 ctrl, EAGAIN",
      "0ctrl_0ctrl_0ctrl | 0 ctrl, 0 ctrl, 0 ctrl, EAGAIN",
      "0data_0data_data  | 11 data, EAGAIN",
      "data_0data_0data  | 11 data, EAGAIN"
    })
class ZeroLenTest extends ZeroLenFixture {
  private final String records;
  private final String answers;

  ZeroLenTest(String records, String answers) {
    this.records = records;
    this.answers = answers;
  }

  @Test
  void test() {
    inject(records);
    for (String expected : answers.split(", ", -1)) {
      assertThat(answer()).isEqualTo(expected);
    }
  }
}
