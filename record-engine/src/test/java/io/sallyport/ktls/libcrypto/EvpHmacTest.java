package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class EvpHmacTest {
  /// RFC 4231, cases 1, 2 and 6: a short key, a shorter one, and one longer than a block.
  @Test
  void theCodesAreThoseOfRfc4231() {
    byte[] key = new byte[20];
    Arrays.fill(key, (byte) 0x0b);
    assertCodes(
        key,
        "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
            + "faea9ea9076ede7f4af152e8b2fa9cb6");
    assertCodes(
        "Jefe".getBytes(StandardCharsets.US_ASCII),
        "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
            + "8e2240ca5e69e2c78b3239ecfab21649");
    byte[] longKey = new byte[131];
    Arrays.fill(longKey, (byte) 0xaa);
    assertCodes(
        longKey,
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
            + "0c2ef6ab4030fe8296248df163f44952");
  }

  private static void assertCodes(byte[] key, String data, String sha256, String sha384) {
    byte[] bytes = data.getBytes(StandardCharsets.US_ASCII);
    assertThat(compute(EvpHmac.SHA256, 32, key, bytes)).isEqualTo(HexFormat.of().parseHex(sha256));
    assertThat(compute(EvpHmac.SHA384, 48, key, bytes)).isEqualTo(HexFormat.of().parseHex(sha384));
  }

  /// Goal: threads do not mix their keys. Method: several compute at once, each with keys of its
  /// own, and compare with the JDK.
  @Test
  void threadsMayComputeAtTheSameTime() throws Exception {
    int threads = 4;
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int seed = 1; seed <= threads; seed++) {
        Random random = new Random(seed);
        running.add(
            executor.submit(() -> {
              for (int i = 0; i < 500; i++) {
                assertSameAsJdk(random);
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
  }

  private static void assertSameAsJdk(Random random) throws GeneralSecurityException {
    byte[] key = new byte[random.nextInt(1, 150)];
    byte[] data = new byte[random.nextInt(300)];
    random.nextBytes(key);
    random.nextBytes(data);
    assertThat(compute(EvpHmac.SHA256, 32, key, data)).isEqualTo(jdk("HmacSHA256", key, data));
    assertThat(compute(EvpHmac.SHA384, 48, key, data)).isEqualTo(jdk("HmacSHA384", key, data));
  }

  private static byte[] jdk(String algorithm, byte[] key, byte[] data)
      throws GeneralSecurityException {
    Mac mac = Mac.getInstance(algorithm);
    mac.init(new SecretKeySpec(key, algorithm));
    return mac.doFinal(data);
  }

  /// The code, from memory with a guard behind it.
  private static byte[] compute(EvpHmac hmac, int length, byte[] key, byte[] data) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(length + 1);
      hmac.compute(
          arena.allocateFrom(JAVA_BYTE, key).address(),
          key.length,
          arena.allocateFrom(JAVA_BYTE, data).address(),
          data.length,
          out.address());
      assertThat(out.get(JAVA_BYTE, length)).as("byte behind the code").isZero();
      return out.asSlice(0, length).toArray(JAVA_BYTE);
    }
  }
}
