package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.ktls.libcrypto.Libcrypto;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Keys are nowhere they can be read from: not in a heap dump, not in words, not in memory that was
/// given back.
@ExtendWith(LeakCheck.class)
class KeyHygieneTest {
  /// So many bytes of a secret tell it.
  private static final int TELLING = 8;

  /// Goal: no key, iv or traffic secret is on the heap, while it is used or after. Method: another
  /// virtual machine uses sockets in every way there is and dumps its heap, live objects and
  /// garbage. It has a collector that never moves or clears anything (Epsilon), so that what was on
  /// the heap once is in the dump, unless it was overwritten. Here each dump is searched for every
  /// part of every secret. One secret is left in an array on purpose: it must be found.
  @Test
  void noSecretIsInAHeapDump(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(Libcrypto.isAvailable(), "without libcrypto keys are on the heap");
    Path inUse = folder.resolve("in-use.hprof");
    Path closed = folder.resolve("closed.hprof");
    Path memory = folder.resolve("memory");
    Command child =
        Command.run(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:+UseEpsilonGC",
            "-Xmx128m",
            "-Xshare:off",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dio.netty.noUnsafe=false",
            "-cp",
            System.getProperty("java.class.path"),
            KeyHygieneProgram.class.getName(),
            inUse.toString(),
            closed.toString(),
            memory.toString());
    assertThat(child.exitCode()).as(child.out()).isZero();
    assertThat(child.out()).contains("records both ways").contains("rekeyed");

    assertThat(found(inUse)).containsOnlyKeys(KeyHygieneProgram.LEFT_BEHIND);
    assertThat(found(closed)).containsOnlyKeys(KeyHygieneProgram.LEFT_BEHIND);
    assertThat(found(memory))
        .containsOnlyKeys(KeyHygieneProgram.LEFT_BEHIND, KeyHygieneProgram.LEFT_OUTSIDE);
  }

  /// The names of secrets of which a part is in the file, and where: as bytes, or as a number of
  /// either byte order.
  private static Map<String, Long> found(Path dump) throws IOException {
    Map<Long, String> parts = new TreeMap<>();
    KeyHygieneProgram.secrets()
        .forEach((name, secret) -> {
          for (int at = 0; at + TELLING <= secret.length; at++) {
            parts.put(longAt(secret, at), name);
            parts.put(Long.reverseBytes(longAt(secret, at)), name);
          }
        });
    Map<String, Long> found = new TreeMap<>();
    boolean[] begins = new boolean[1 << 16];
    for (long part : parts.keySet()) {
      begins[(int) (part >>> 48)] = true;
    }
    try (FileChannel file = FileChannel.open(dump)) {
      byte[] chunk = new byte[1 << 20];
      long base = 0;
      int kept = 0;
      ByteBuffer into = ByteBuffer.wrap(chunk);
      while (file.read(into.position(kept)) > 0) {
        int end = into.position();
        long window = 0;
        for (int i = 0; i < end; i++) {
          window = window << 8 | (chunk[i] & 255);
          if (i >= TELLING - 1 && begins[(int) (window >>> 48)]) {
            String name = parts.get(window);
            if (name != null) {
              found.putIfAbsent(name, base + i);
            }
          }
        }
        kept = Math.min(TELLING - 1, end);
        System.arraycopy(chunk, end - kept, chunk, 0, kept);
        base += end - kept;
      }
    }
    return found;
  }

  private static long longAt(byte[] bytes, int at) {
    return ByteBuffer.wrap(bytes).getLong(at);
  }

  // In words.

  @Test
  void nothingThatHoldsASecretShowsIt() {
    byte[] key = KeyHygieneProgram.bytes("a key", 16);
    byte[] iv = KeyHygieneProgram.bytes("an iv", 12);
    byte[] secret = KeyHygieneProgram.bytes("a secret", 32);
    List<String> words = new ArrayList<>();
    try (SocketFixture it = new SocketFixture(AeadBackend.probe());
        SecretBytes bytes = SecretBytes.wiping(key.clone());
        CryptoInfo info = info(key, iv);
        TrafficSecret traffic =
            new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(secret.clone()));
        SessionKeys.Fixed fixed = new SessionKeys.Fixed(info, info);
        SessionKeys.Updatable updatable =
            new SessionKeys.Updatable(CipherType.AES_GCM_128, traffic, traffic)) {
      words.add(bytes.toString());
      words.add(info.toString());
      words.add(traffic.toString());
      words.add(fixed.toString());
      words.add(updatable.toString());
      it.socket.setTx(info);
      it.socket.setRx(info);
      words.add(it.socket.info().toString());
      try (CryptoInfo other =
          new CryptoInfo(
              TlsVersion.TLS_1_3,
              CipherType.CHACHA20_POLY1305,
              SecretBytes.wiping(secret.clone()),
              SecretBytes.wiping(iv.clone()),
              0)) {
        it.socket.setTx(other);
      } catch (KtlsException e) {
        words.add(e.toString());
      }
      try (SecretBytes wrongKey = SecretBytes.wiping(secret.clone());
          SecretBytes saltAndIv = SecretBytes.wiping(iv.clone())) {
        words.add(
            new CryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, wrongKey, saltAndIv, 0)
                .toString());
      } catch (KtlsException e) {
        words.add(e.toString());
      }
      ByteBuf struct = SocketFixture.direct(new byte[] {4, 3, 51, 0}).writeBytes(key);
      try {
        words.add(CryptoInfo.parse(struct).toString());
      } catch (KtlsException e) {
        words.add(e.toString());
      }
      struct.release();
    }
    assertThat(words).hasSize(9);
    String all = String.join("\n", words);
    assertThat(all).doesNotContainIgnoringCase("cap:");
    for (byte[] hidden : List.of(key, iv, secret)) {
      assertThat(all)
          .doesNotContainIgnoringCase(HexFormat.of().formatHex(hidden, 0, 4))
          .doesNotContain(Arrays.toString(hidden).substring(1, 12));
    }
  }

  private static CryptoInfo info(byte[] key, byte[] iv) {
    return new CryptoInfo(
        TlsVersion.TLS_1_3,
        CipherType.AES_GCM_128,
        SecretBytes.wiping(key.clone()),
        SecretBytes.wiping(iv.clone()),
        0);
  }

  // In memory that was given back.

  /// Goal: whoever gets the memory next finds nothing in it. Method: a second reference keeps the
  /// memory from being given back, so that it can be read after the wipe.
  @Test
  void memoryOfASecretIsZeroBehindIt() {
    byte[] source = KeyHygieneProgram.bytes("wiped", 32);
    SecretBytes secret = SecretBytes.wiping(source);
    assertThat(source).containsOnly(0);
    ByteBuf memory = secret.reveal();
    ByteBuf view = memory.retainedDuplicate();
    assertThat(view.getByte(0) | view.getByte(1) | view.getByte(2)).isNotZero();
    secret.close();
    assertThat(view.getLong(0) | view.getLong(8) | view.getLong(16) | view.getLong(24)).isZero();
    view.release();
  }

  @Test
  void memoryOfKeysAndTrafficSecretsIsZeroBehindThem() {
    CryptoInfo info = info(KeyHygieneProgram.bytes("key", 16), KeyHygieneProgram.bytes("iv", 12));
    SecretBytes bytes = SecretBytes.wiping(KeyHygieneProgram.bytes("secret", 32));
    ByteBuf[] views = {
      info.key().reveal().retainedDuplicate(),
      info.saltAndIv().reveal().retainedDuplicate(),
      bytes.reveal().retainedDuplicate()
    };
    info.close();
    try (TrafficSecret traffic = new TrafficSecret(TrafficSecret.Hash.SHA256, bytes)) {
      traffic.next().close();
    }
    for (ByteBuf view : views) {
      assertThat(PooledByteBufAllocator.DEFAULT.isDirectBufferPooled()).isTrue();
      view.forEachByte(value -> {
        assertThat(value).isZero();
        return true;
      });
      view.release();
    }
  }
}
