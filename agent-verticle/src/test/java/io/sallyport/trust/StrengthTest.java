package io.sallyport.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import org.junit.jupiter.api.Test;

class StrengthTest {
  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(2047).setBit(0);

  private static PublicKey rsa(BigInteger modulus, BigInteger exponent) throws Exception {
    return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
  }

  /// It would make each verification as dear as a signature, and whoever sends the key chooses it.
  @Test
  void aKeyWithALongPublicExponentIsRefused() throws Exception {
    BigInteger longest = BigInteger.ONE.shiftLeft(63).setBit(0);
    assertThat(Strength.isStrongKey(rsa(MODULUS, BigInteger.valueOf(65537)))).isTrue();
    assertThat(Strength.isStrongKey(rsa(MODULUS, longest))).isTrue();
    assertThat(Strength.isStrongKey(rsa(MODULUS, longest.shiftLeft(1).setBit(0)))).isFalse();
  }

  @Test
  void aShortModulusIsRefused() throws Exception {
    BigInteger modulus = MODULUS.shiftRight(1).setBit(0);
    assertThat(Strength.isStrongKey(rsa(modulus, BigInteger.valueOf(65537)))).isFalse();
  }
}
