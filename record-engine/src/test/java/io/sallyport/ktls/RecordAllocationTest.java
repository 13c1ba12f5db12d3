package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.sallyport.ktls.libcrypto.Libcrypto;
import io.sallyport.testing.ReferenceRecords;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Goal: no object per record on the libcrypto path. Method: the virtual machine's own count of
/// bytes this thread allocated, over thousands of records in both directions, once the code is
/// compiled. The leak detector allocates for every buffer, so the allocator here is one it does not
/// watch.
class RecordAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int RECORDS = 20_000;
  private static final int ROUNDS = 8;

  static Stream<Arguments> whatLibcryptoHas() {
    return Libcrypto.isAvailable()
        ? Stream.of(TlsVersion.values())
            .flatMap(version ->
                Stream.of(CipherType.values())
                    .filter(cipher -> cipher.supports(version))
                    .filter(LibcryptoAead::supports)
                    .map(cipher -> Arguments.of(version, cipher)))
        : Stream.empty();
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("whatLibcryptoHas")
  void aRecordThereAndBackAllocatesNothing(TlsVersion version, CipherType cipher) throws Exception {
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try {
      FutureTask<Long> allocated = new FutureTask<>(() -> allocatedBy(version, cipher));
      new FastThreadLocalThread(allocated).start();
      assertThat(allocated.get()).isLessThan(RECORDS);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  /// The least of several rounds: an object per record is in every one of them, an allocation by
  /// the compiler's or the pool's own doing is not.
  private static long allocatedBy(TlsVersion version, CipherType cipher) {
    Loop loop = new Loop(version, cipher);
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      loop.run(RECORDS);
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    loop.end();
    return least;
  }

  /// What one socket sends, another receives.
  private static final class Loop implements Transport {
    private final ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(1024).writeZero(1024);
    private final RecordEngine engine =
        new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.LIBCRYPTO);
    private final KtlsSocket sender = engine.socket(this);
    private final KtlsSocket receiver = engine.socket(this);

    /// Where every second record comes from: its data is sealed in the buffer it was read into.
    private final KtlsSocket plain = engine.socket(this);

    Loop(TlsVersion version, CipherType cipher) {
      ReferenceRecords keys = new ReferenceRecords(version, cipher, 0, new Random(1));
      try (CryptoInfo tx = keys.cryptoInfo();
          CryptoInfo rx = keys.cryptoInfo()) {
        sender.setUlp(KtlsSocket.TLS_ULP);
        receiver.setUlp(KtlsSocket.TLS_ULP);
        sender.setTx(tx);
        receiver.setRx(rx);
      }
    }

    void run(int records) {
      for (int i = 0; i < records; i++) {
        ByteBuf shared = data.setIndex(0, data.capacity());
        sender.send(i % 2 == 0 ? shared.retain() : plain.readBuffer(1024).writeBytes(shared));
        if (receiver.recv() instanceof Received.ApplicationData received) {
          received.content().release();
        } else {
          throw new AssertionError("the record was not received");
        }
      }
    }

    void end() {
      sender.close();
      receiver.close();
      plain.close();
      data.release();
    }

    @Override
    public boolean isEstablished() {
      return true;
    }

    @Override
    public void later(Runnable task, long delayNanos) {
      throw new AssertionError("nothing is due later");
    }

    @Override
    public void write(ByteBuf bytes) {
      receiver.received(bytes);
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
