package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.LeakCheck;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// From a traffic secret to keys and to the next secret.
@ExtendWith(LeakCheck.class)
class TrafficSecretTest {
  private static final String CLIENT_APPLICATION_TRAFFIC_SECRET_0 =
      "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";

  private static final String CLIENT_RECORD =
      "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20"
          + "441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";

  @Test
  void theTrafficSecretOfRfc8448MakesTheRecordOfRfc8448() {
    byte[] plaintext = new byte[50];
    for (int i = 0; i < plaintext.length; i++) {
      plaintext[i] = (byte) i;
    }
    try (SocketFixture it = new SocketFixture(AeadBackend.probe());
        TrafficSecret secret =
            new TrafficSecret(
                TrafficSecret.Hash.SHA256,
                SecretBytes.wiping(HexFormat.of().parseHex(CLIENT_APPLICATION_TRAFFIC_SECRET_0)))) {
      it.setTx(secret.cryptoInfo(CipherType.AES_GCM_128));
      it.socket.send(SocketFixture.direct(plaintext));
      assertThat(HexFormat.of().formatHex(it.transport.takeSent())).isEqualTo(CLIENT_RECORD);
    }
  }

  /// Goal: the next secret and its keys, three times over. Method: HKDF-Expand-Label written out
  /// with the JDK's HMAC.
  @ParameterizedTest
  @EnumSource(TrafficSecret.Hash.class)
  void everyNextSecretIsThatOfTheRfc(TrafficSecret.Hash hash) throws Exception {
    byte[] expected = new byte[hash.length()];
    new Random(4).nextBytes(expected);
    TrafficSecret secret = new TrafficSecret(hash, SecretBytes.wiping(expected.clone()));
    for (int update = 0; update < 3; update++) {
      try (CryptoInfo info = secret.cryptoInfo(CipherType.AES_GCM_256)) {
        assertThat(bytes(info.key())).isEqualTo(expand(hash, expected, "key", 32));
        assertThat(bytes(info.saltAndIv())).isEqualTo(expand(hash, expected, "iv", 12));
        assertThat(info.recSeq()).isZero();
      }
      TrafficSecret next = secret.next();
      secret.close();
      secret = next;
      expected = expand(hash, expected, "traffic upd", hash.length());
    }
    secret.close();
  }

  @Test
  void aSecretOfTheWrongLengthIsRefused() {
    try (SecretBytes secret = SecretBytes.wiping(new byte[31])) {
      assertThatThrownBy(() -> new TrafficSecret(TrafficSecret.Hash.SHA256, secret))
          .isInstanceOf(KtlsException.class)
          .hasMessage("EINVAL: SHA256 takes a secret of 32 bytes, not 31");
    }
  }

  @Test
  void aSecretShowsNothingOfItself() {
    try (TrafficSecret secret =
        new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(new byte[32]))) {
      assertThat(secret).hasToString("TrafficSecret(SHA256)");
    }
  }

  private static byte[] bytes(SecretBytes secret) {
    byte[] bytes = new byte[secret.length()];
    secret.reveal().getBytes(0, bytes);
    return bytes;
  }

  static byte[] expand(TrafficSecret.Hash hash, byte[] secret, String label, int length)
      throws GeneralSecurityException {
    byte[] full = ("tls13 " + label).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    String algorithm = hash == TrafficSecret.Hash.SHA256 ? "HmacSHA256" : "HmacSHA384";
    Mac mac = Mac.getInstance(algorithm);
    mac.init(new SecretKeySpec(secret, algorithm));
    mac.update(new byte[] {0, (byte) length, (byte) full.length});
    mac.update(full);
    mac.update(new byte[] {0, 1});
    return Arrays.copyOf(mac.doFinal(), length);
  }
}
