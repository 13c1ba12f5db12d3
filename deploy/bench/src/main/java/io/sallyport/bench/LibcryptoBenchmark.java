package io.sallyport.bench;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The floor: the AEAD of the same records by bare calls to libcrypto on memory that is already in
/// place. No buffers, no headers, no sockets. One operation is one record.
public class LibcryptoBenchmark extends RecordRun {

  /// A context that encrypts, from one fixed place to another.
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
  public static class Sealing {
    @Param({"16384", "1024"})
    int size;

    EvpLoop evp;
    private ByteBuf plaintext;
    private ByteBuf sealed;
    long from;
    long to;

    /// Begins at record 0.
    @Setup(Level.Iteration)
    public void start() {
      // The content type of TLS 1.3 lies behind the data already.
      plaintext = plaintext(size + 1);
      sealed = ALLOCATOR.directBuffer(size + 1 + EvpLoop.TAG_LENGTH);
      from = plaintext.memoryAddress();
      to = sealed.memoryAddress();
      evp = EvpLoop.forSealing(key(), saltAndIv());
    }

    /// Gives everything back.
    @TearDown(Level.Iteration)
    public void close() {
      evp.close();
      plaintext.release();
      sealed.release();
    }
  }

  /// A context that decrypts in place what an engine has sealed, which also proves that both
  /// compute the same.
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
  public static class Opening {
    @Param({"16384", "1024"})
    int size;

    EvpLoop evp;
    final long[] addresses = new long[RECORDS];
    private final Collector collector = new Collector();
    private KtlsSocket sender;
    private ByteBuf plaintext;

    /// Begins at record 0.
    @Setup(Level.Iteration)
    public void start() {
      plaintext = plaintext(size);
      sender = new RecordEngine(ALLOCATOR, AeadBackend.LIBCRYPTO).socket(collector);
      sender.setUlp(KtlsSocket.TLS_ULP);
      try (CryptoInfo info = cryptoInfo()) {
        sender.setTx(info);
      }
      evp = EvpLoop.forOpening(key(), saltAndIv());
    }

    /// Makes the records of the next invocation.
    @Setup(Level.Invocation)
    public void seal() {
      RecordRun.seal(sender, plaintext, collector);
      for (int i = 0; i < RECORDS; i++) {
        addresses[i] = collector.records[i].memoryAddress() + HEADER_LENGTH;
      }
    }

    /// Gives the records back.
    @TearDown(Level.Invocation)
    public void release() {
      for (ByteBuf record : collector.records) {
        record.release();
      }
    }

    /// Gives everything back.
    @TearDown(Level.Iteration)
    public void close() {
      evp.close();
      sender.close();
      plaintext.release();
    }
  }

  /// Init with a nonce, additional data, one update, final, tag.
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void seal(Sealing sealing) {
    for (int i = 0; i < RECORDS; i++) {
      sealing.evp.seal(sealing.from, sealing.size + 1, sealing.to);
    }
  }

  /// Init with a nonce, additional data, one update, tag, final.
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void open(Opening opening) {
    for (long address : opening.addresses) {
      opening.evp.open(address, opening.size + 1);
    }
  }
}
