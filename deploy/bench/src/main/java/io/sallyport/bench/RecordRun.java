package io.sallyport.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.Transport;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/// What the benchmarks have in common: the same JVM, the same thread, the same records.
///
/// The flags are those of `deploy/conf/jvm.options` that reach the record path, and the thread is
/// of the kind that an event loop has: the buffer pool keeps its cache for no other. Each
/// invocation is timed by itself: when the machine takes the processor away for a while, few of
/// them notice.
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 2, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgs = {
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow",
      "-Dio.netty.noUnsafe=false",
      "-Dio.netty.leakDetection.level=disabled",
      "-XX:+UseSerialGC",
      "-XX:+UseCompactObjectHeaders",
      "-Djmh.executor=CUSTOM",
      "-Djmh.executor.class=io.sallyport.bench.EventLoopThreads"
    })
public abstract class RecordRun {
  /// Records to an invocation: enough that reading the clock does not count, few enough that the
  /// largest stay in the second-level cache and all buffers in the pool's. Those to open are sealed
  /// before it, outside the measured time: decryption is in place, so a record can be opened once.
  static final int RECORDS = 32;

  static final int HEADER_LENGTH = 5;
  static final int NONCE_LENGTH = 12;
  static final CipherType CIPHER = CipherType.AES_GCM_128;
  static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

  /// Any bytes do: neither AES nor its speed knows one key from another.
  static byte[] key() {
    byte[] key = new byte[CIPHER.keyLength()];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (i + 1);
    }
    return key;
  }

  static byte[] saltAndIv() {
    byte[] saltAndIv = new byte[NONCE_LENGTH];
    for (int i = 0; i < saltAndIv.length; i++) {
      saltAndIv[i] = (byte) (0x40 + i);
    }
    return saltAndIv;
  }

  /// The key with which both ends begin at record 0.
  static CryptoInfo cryptoInfo() {
    return new CryptoInfo(
        TlsVersion.TLS_1_3, CIPHER, SecretBytes.wiping(key()), SecretBytes.wiping(saltAndIv()), 0);
  }

  /// One record's worth of application data.
  static ByteBuf plaintext(int size) {
    ByteBuf plaintext = ALLOCATOR.directBuffer(size);
    for (int i = 0; i < size; i++) {
      plaintext.writeByte(i * 31);
    }
    return plaintext;
  }

  /// Seals the next [#RECORDS] records and leaves them in `collector`.
  static void seal(KtlsSocket sender, ByteBuf plaintext, Collector collector) {
    collector.count = 0;
    for (int i = 0; i < RECORDS; i++) {
      // Sending reads it to its end.
      sender.send(plaintext.readerIndex(0).retain());
    }
  }

  /// The network of a sender: keeps what is written, one record each.
  static final class Collector extends NoNetwork {
    final ByteBuf[] records = new ByteBuf[RECORDS];
    private int count;

    @Override
    public void write(ByteBuf bytes) {
      records[count++] = bytes;
    }

    /// What was written, owned by the caller.
    List<ByteBuf> taken() {
      List<ByteBuf> taken = List.of(Arrays.copyOf(records, count));
      count = 0;
      return taken;
    }
  }

  /// A network that takes everything at once.
  static class NoNetwork implements Transport {
    @Override
    public boolean isEstablished() {
      return true;
    }

    @Override
    public void later(Runnable task, long delayNanos) {
      throw new IllegalStateException("nothing is due later");
    }

    @Override
    public void write(ByteBuf bytes) {
      bytes.release();
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void setReading(boolean reading) {}

    @Override
    public void shutdownOutput() {}

    @Override
    public void close() {}

    @Override
    public void reset() {}

    @Override
    public long unsent() {
      return 0;
    }
  }
}
