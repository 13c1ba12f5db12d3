package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.conformance.Calls.message;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.KtlsErrno;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernel's fixture `zero_len_splice`: a splice never takes an empty record for the end.
@Fixture("zero_len_splice")
@ParameterizedClass(name = "{0}")
@CsvSource({"0data_data,", "0data_0data_data,", "0data_0data_0data, EAGAIN", "0data_0ctrl, EINVAL"})
class ZeroLenSpliceTest extends ZeroLenFixture {
  private final String variant;
  private final @Nullable KtlsErrno errno;

  ZeroLenSpliceTest(String variant, @Nullable KtlsErrno errno) {
    this.variant = variant;
    this.errno = errno;
  }

  @Test
  void test() {
    inject(variant);
    try (Pipe pipe = new Pipe(pair.engine)) {
      if (errno == null) {
        assertThat(pipe.spliceFrom(cfd, 100)).isEqualTo(message(1, PAYLOAD));
      } else {
        assertThat(pipe.spliceFromError(cfd, 100)).isEqualTo(errno);
      }
    }
  }
}
