package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: numbers, sizes and names are those of `linux/tls.h` and of `ss`.
class CipherTypeTest {
  @ParameterizedTest
  @CsvSource({
    "51, AES_GCM_128,       aes-gcm-128,       16,  8, 4, 8",
    "52, AES_GCM_256,       aes-gcm-256,       32,  8, 4, 8",
    "53, AES_CCM_128,       aes-ccm-128,       16,  8, 4, 8",
    "54, CHACHA20_POLY1305, chacha20-poly1305, 32, 12, 0, 0",
    "55, SM4_GCM,           sm4-gcm,           16,  8, 4, 8",
    "56, SM4_CCM,           sm4-ccm,           16,  8, 4, 8",
    "57, ARIA_GCM_128,      aria-gcm-128,      16,  8, 4, 8",
    "58, ARIA_GCM_256,      aria-gcm-256,      32,  8, 4, 8",
  })
  void theTableOfTheKernel(
      int number, CipherType cipher, String name, int key, int iv, int salt, int explicitNonce) {
    assertThat(CipherType.ofNumber(number)).contains(cipher);
    assertThat(cipher.number()).isEqualTo(number);
    assertThat(cipher.displayName()).isEqualTo(name);
    assertThat(cipher.keyLength()).isEqualTo(key);
    assertThat(cipher.ivLength()).isEqualTo(iv);
    assertThat(cipher.saltLength()).isEqualTo(salt);
    assertThat(cipher.explicitNonceLength(TlsVersion.TLS_1_2)).isEqualTo(explicitNonce);
    assertThat(cipher.explicitNonceLength(TlsVersion.TLS_1_3)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 50, 59, 70, -1})
  void anUnknownNumberIsNoCipher(int number) {
    assertThat(CipherType.ofNumber(number)).isEmpty();
  }

  @Test
  void onlyAriaIsBoundToOneVersion() {
    for (CipherType cipher : CipherType.values()) {
      assertThat(cipher.supports(TlsVersion.TLS_1_2)).isTrue();
      assertThat(cipher.supports(TlsVersion.TLS_1_3)).isEqualTo(cipher.number() < 57);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ARIA_GCM_128", "ARIA_GCM_256"})
  void keysForAriaInTls13AreRefused(CipherType cipher) {
    try (SecretBytes key = SecretBytes.wiping(new byte[cipher.keyLength()]);
        SecretBytes saltAndIv = SecretBytes.wiping(new byte[12])) {
      assertThatThrownBy(() -> new CryptoInfo(TlsVersion.TLS_1_3, cipher, key, saltAndIv, 0))
          .isInstanceOfSatisfying(
              KtlsException.class, e -> assertThat(e.errno()).isEqualTo(KtlsErrno.EINVAL));
    }
  }
}
