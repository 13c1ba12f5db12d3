package io.sallyport.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.handshake.FailureReason;
import io.sallyport.trust.Verdict.Trusted;
import io.sallyport.trust.Verdict.Untrusted;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class VerdictTest {
  /// The numbers are those of RFC 9846 §6.
  @ParameterizedTest
  @CsvSource({
    "CERTIFICATE_MISSING, 116",
    "CERTIFICATE_MALFORMED, 42",
    "CERTIFICATE_UNKNOWN_CA, 48",
    "CERTIFICATE_EXPIRED, 45",
    "CERTIFICATE_NOT_YET_VALID, 45",
    "CERTIFICATE_REVOKED, 44",
    "CERTIFICATE_REVOCATION_UNKNOWN, 46",
    "CERTIFICATE_WRONG_USAGE, 43",
    "CERTIFICATE_CONSTRAINED, 46",
    "CERTIFICATE_BAD_SIGNATURE, 42",
    "CERTIFICATE_WRONG_HOST, 46",
    "CERTIFICATE_NOT_ALLOWED, 49",
    "TOO_MUCH_DATA, 42",
  })
  void everyReasonHasItsAlert(FailureReason reason, int alert) {
    assertThat(new Untrusted(reason, "").alert()).isEqualTo((short) alert);
  }

  @ParameterizedTest
  @EnumSource(FailureReason.class)
  void everyReasonOfCertificatesHasAnAlert(FailureReason reason) {
    if (reason.name().startsWith("CERTIFICATE_")) {
      assertThat(new Untrusted(reason, "").alert()).isPositive();
    }
  }

  @Test
  void otherReasonsAreNoVerdict() {
    assertThatThrownBy(() -> new Untrusted(FailureReason.NOT_TLS, ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void trustHasAPath() {
    assertThatThrownBy(() -> new Trusted(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
