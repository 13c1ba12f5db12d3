package io.sallyport.bench;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.libcrypto.Libcrypto;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Records through the whole engine, as the relay uses it: data in, a record to the transport; a
/// record from the transport, data out. One operation is one record.
public class RecordBenchmark extends RecordRun {

  /// Bytes of plaintext to a record, and who encrypts them.
  @State(Scope.Thread)
  public static class Engine {
    @Param({"16384", "1024"})
    int size;

    @Param({"LIBCRYPTO", "JDK"})
    AeadBackend backend = AeadBackend.JDK;

    /// Sockets are new in each iteration, so no run comes near the last record of a key.
    KtlsSocket socket(NoNetwork network) {
      if (backend == AeadBackend.LIBCRYPTO && !Libcrypto.isAvailable()) {
        throw new IllegalStateException(Libcrypto.description());
      }
      KtlsSocket socket = new RecordEngine(ALLOCATOR, backend).socket(network);
      socket.setUlp(KtlsSocket.TLS_ULP);
      return socket;
    }
  }

  /// A socket that sends.
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
  public static class Sender {
    KtlsSocket socket;
    ByteBuf plaintext;

    /// Begins at record 0.
    @Setup(Level.Iteration)
    public void connect(Engine engine) {
      plaintext = plaintext(engine.size);
      socket = engine.socket(new NoNetwork());
      try (CryptoInfo info = cryptoInfo()) {
        socket.setTx(info);
      }
    }

    /// Gives everything back.
    @TearDown(Level.Iteration)
    public void close() {
      socket.close();
      plaintext.release();
    }
  }

  /// What the relay read from a plain server and sends on, in the buffers of that socket.
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
  public static class Reads {
    final ByteBuf[] buffers = new ByteBuf[RECORDS];
    private KtlsSocket plain;

    /// Without a key.
    @Setup(Level.Iteration)
    public void connect(Engine engine) {
      plain = engine.socket(new NoNetwork());
    }

    /// Reads what the next invocation sends.
    @Setup(Level.Invocation)
    public void read(Engine engine, Sender sender) {
      for (int i = 0; i < RECORDS; i++) {
        buffers[i] = plain.readBuffer(engine.size).writeBytes(sender.plaintext, 0, engine.size);
      }
    }

    /// Gives everything back; what was read was sent.
    @TearDown(Level.Iteration)
    public void close() {
      plain.close();
    }
  }

  /// A socket that receives, and one that makes what it receives.
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
  public static class Receiver {
    private final Collector collector = new Collector();
    final ByteBuf[] records = collector.records;
    KtlsSocket socket;
    private KtlsSocket sender;
    private ByteBuf plaintext;

    /// Begins at record 0.
    @Setup(Level.Iteration)
    public void connect(Engine engine) {
      plaintext = plaintext(engine.size);
      sender = engine.socket(collector);
      socket = engine.socket(new NoNetwork());
      try (CryptoInfo info = cryptoInfo()) {
        sender.setTx(info);
        socket.setRx(info);
      }
    }

    /// Makes the records of the next invocation.
    @Setup(Level.Invocation)
    public void seal() {
      RecordRun.seal(sender, plaintext, collector);
    }

    /// Gives everything back.
    @TearDown(Level.Iteration)
    public void close() {
      sender.close();
      socket.close();
      plaintext.release();
    }
  }

  /// `KtlsSocket.send` to `Transport.write` of a buffer that the record is made in.
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void seal(Sender sender, Reads reads) {
    for (ByteBuf data : reads.buffers) {
      sender.socket.send(data);
    }
  }

  /// The same of a buffer that is shared: the record is made in a new one.
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void sealShared(Sender sender) {
    for (int i = 0; i < RECORDS; i++) {
      sender.socket.send(sender.plaintext.readerIndex(0).retain());
    }
  }

  /// `KtlsSocket.received` to `recv`, and the release of what it answered.
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void open(Receiver receiver) {
    for (ByteBuf record : receiver.records) {
      receiver.socket.received(record);
      if (receiver.socket.recv() instanceof Received.ApplicationData data) {
        data.content().release();
      } else {
        throw new AssertionError("the record was not received");
      }
    }
  }
}
