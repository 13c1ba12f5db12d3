package io.sallyport.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class DataKeyTest {
  private static final byte[] PLACE = "here".getBytes(StandardCharsets.US_ASCII);

  private static byte[] seal(DataKey key, byte[] place, byte[] plaintext) {
    try (SecretBytes secret = TestKeys.secret(plaintext)) {
      return key.seal(place, secret);
    }
  }

  @Test
  void whatWasSealedOpensAtItsPlaceOnly() {
    Seeds.forEach(
        50,
        random -> {
          try (DataKey key = DataKey.generate(TestKeys.RANDOM);
              DataKey other = DataKey.generate(TestKeys.RANDOM)) {
            byte[] plaintext = TestKeys.random(random, random.nextInt(200));
            byte[] sealed = seal(key, PLACE, plaintext);
            assertThat(sealed).hasSize(plaintext.length + DataKey.OVERHEAD);
            assertThat(TestKeys.opened(key.open(PLACE, sealed))).isEqualTo(plaintext);
            assertThat(TestKeys.refused(key.open(new byte[] {1}, sealed)))
                .isEqualTo(Opening.Reason.FORGED);
            assertThat(TestKeys.refused(other.open(PLACE, sealed)))
                .isEqualTo(Opening.Reason.FORGED);
          }
        });
  }

  @Test
  void everyTruncationAndEveryFlippedBitIsRefused() {
    try (DataKey key = DataKey.generate(TestKeys.RANDOM)) {
      byte[] sealed = seal(key, PLACE, new byte[20]);
      for (int length = 0; length < sealed.length; length++) {
        assertThat(TestKeys.refused(key.open(PLACE, Arrays.copyOf(sealed, length))))
            .isEqualTo(
                length < DataKey.OVERHEAD ? Opening.Reason.MALFORMED : Opening.Reason.FORGED);
      }
      assertThat(TestKeys.refused(key.open(PLACE, Arrays.copyOf(sealed, sealed.length + 1))))
          .isEqualTo(Opening.Reason.FORGED);
      for (int bit = 0; bit < sealed.length * 8; bit++) {
        byte[] changed = sealed.clone();
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(TestKeys.refused(key.open(PLACE, changed))).isEqualTo(Opening.Reason.FORGED);
      }
    }
  }

  /// Goal: what is stored is AES-256-GCM with the nonce in front. Method: Bouncy Castle opens it.
  @Test
  void anotherImplementationOpensIt() throws Exception {
    byte[] bytes = TestKeys.random(TestKeys.RANDOM, 32);
    byte[] plaintext = TestKeys.random(TestKeys.RANDOM, 100);
    try (DataKey key = DataKey.of(TestKeys.secret(bytes), TestKeys.RANDOM)) {
      byte[] sealed = seal(key, PLACE, plaintext);
      var gcm = GCMBlockCipher.newInstance(AESEngine.newInstance());
      byte[] nonce = Arrays.copyOf(sealed, 12);
      gcm.init(false, new AEADParameters(new KeyParameter(bytes), 128, nonce, PLACE));
      byte[] opened = new byte[gcm.getOutputSize(sealed.length - 12)];
      int length = gcm.processBytes(sealed, 12, sealed.length - 12, opened, 0);
      length += gcm.doFinal(opened, length);
      assertThat(Arrays.copyOf(opened, length)).isEqualTo(plaintext);
    }
  }

  @Test
  void noNonceComesTwice() {
    try (DataKey key = DataKey.generate(TestKeys.RANDOM)) {
      Set<ByteBuffer> nonces = new HashSet<>();
      for (int i = 0; i < 1000; i++) {
        nonces.add(ByteBuffer.wrap(seal(key, PLACE, new byte[0]), 0, 12));
      }
      assertThat(nonces).hasSize(1000);
    }
  }

  @Test
  void keySealsNoMoreThanItsBound() {
    try (Aes256Gcm key = new Aes256Gcm(Aes256Gcm.generate(TestKeys.RANDOM), TestKeys.RANDOM, 2);
        SecretBytes secret = TestKeys.secret(PLACE)) {
      key.seal(PLACE, secret);
      key.seal(PLACE, secret);
      assertThatThrownBy(() -> key.seal(PLACE, secret)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void closedKeyIsOfNoUse() {
    DataKey key = DataKey.generate(TestKeys.RANDOM);
    byte[] sealed = seal(key, PLACE, new byte[1]);
    key.close();
    key.close();
    assertThatThrownBy(() -> key.open(PLACE, sealed)).isInstanceOf(KtlsException.class);
    assertThat(key.toString()).isEqualTo("DataKey(redacted)");
  }
}
