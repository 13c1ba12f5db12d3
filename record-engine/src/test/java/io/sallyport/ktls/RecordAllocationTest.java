package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Goal: no object per record on the libcrypto path. Method: the virtual machine's own count of
/// bytes this thread allocated, over thousands of records in both directions, once the code is
/// compiled. The leak detector allocates for every buffer, so the allocator here is one it does not
/// watch.
class RecordAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int RECORDS = 20_000;
  private static final int ROUNDS = 8;

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aRecordThereAndBackAllocatesNothing(TlsVersion version) throws Exception {
    assumeTrue(Libcrypto.isAvailable());
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try {
      FutureTask<Long> allocated = new FutureTask<>(() -> allocatedBy(version));
      new FastThreadLocalThread(allocated).start();
      assertThat(allocated.get()).isLessThan(RECORDS);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  /// The least of several rounds: an object per record is in every one of them, an allocation by
  /// the compiler's or the pool's own doing is not.
  private static long allocatedBy(TlsVersion version) {
    Loop loop = new Loop(version);
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

    Loop(TlsVersion version) {
      ReferenceRecords keys =
          new ReferenceRecords(version, CipherType.AES_GCM_128, 0, new Random(1));
      try (CryptoInfo tx = keys.cryptoInfo();
          CryptoInfo rx = keys.cryptoInfo()) {
        sender.setTx(tx);
        receiver.setRx(rx);
      }
    }

    void run(int records) {
      for (int i = 0; i < records; i++) {
        sender.send(data.retain());
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
      data.release();
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
