package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.keyring.KeyType;
import io.sallyport.ktls.TlsVersion;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SuiteTest {
  private static List<Integer> offer(Suite... suites) {
    return Stream.concat(Stream.of(0x0A0A), Stream.of(suites).map(Suite::number)).toList();
  }

  @Test
  void theServersOrderDecides() {
    assertThat(
            Suite.select(
                TlsVersion.TLS_1_3,
                KeyType.RSA,
                offer(Suite.TLS_AES_256_GCM_SHA384, Suite.TLS_AES_128_GCM_SHA256)))
        .isEqualTo(Suite.TLS_AES_128_GCM_SHA256);
  }

  @Test
  void aClientThatPutsChaChaFirstGetsIt() {
    assertThat(
            Suite.select(
                TlsVersion.TLS_1_3,
                KeyType.RSA,
                offer(Suite.TLS_CHACHA20_POLY1305_SHA256, Suite.TLS_AES_128_GCM_SHA256)))
        .isEqualTo(Suite.TLS_CHACHA20_POLY1305_SHA256);
    assertThat(
            Suite.select(
                TlsVersion.TLS_1_2,
                KeyType.RSA,
                offer(
                    Suite.TLS_CHACHA20_POLY1305_SHA256,
                    Suite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)))
        .isEqualTo(Suite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
  }

  @Test
  void theKeyMustFitInTls12() {
    List<Integer> rsa = offer(Suite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
    assertThat(Suite.select(TlsVersion.TLS_1_2, KeyType.ECDSA_P256, rsa)).isNull();
    assertThat(Suite.select(TlsVersion.TLS_1_2, KeyType.RSA, rsa)).isNotNull();
    assertThat(Suite.select(TlsVersion.TLS_1_3, KeyType.RSA, rsa)).isNull();
  }
}
