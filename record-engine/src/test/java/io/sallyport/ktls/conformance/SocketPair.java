package io.sallyport.ktls.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.TlsStat.Counter;

/// Two connected sockets of one engine, joined in memory: `fd` and `cfd` of the kernel's fixtures.
///
/// Closing them must give back every buffer and every gauge.
final class SocketPair implements AutoCloseable {
  final RecordEngine engine;
  final MemoryLink transport;
  final KtlsSocket fd;
  final KtlsSocket cfd;

  /// Of its own, to see that nothing stays allocated.
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

  SocketPair() {
    engine = new RecordEngine(allocator, AeadBackend.probe());
    transport = MemoryLink.create(allocator);
    fd = engine.socket(transport);
    transport.attach(fd);
    cfd = engine.socket(transport.peer());
    transport.peer().attach(cfd);
  }

  /// Both sockets with the TLS ULP, without keys.
  static SocketPair withUlp() {
    SocketPair pair = new SocketPair();
    Calls.setUlp(pair.fd);
    Calls.setUlp(pair.cfd);
    return pair;
  }

  long counter(Counter counter) {
    return engine.stat().value(counter);
  }

  /// Lets the event loop come round: what a call put off happens.
  void turn() {
    transport.runLater();
    transport.peer().runLater();
  }

  @Override
  public void close() {
    fd.close();
    cfd.close();
    turn();
    transport.release();
    transport.peer().release();
    assertThat(counter(Counter.TlsCurrTxSw)).as("TlsCurrTxSw").isZero();
    assertThat(counter(Counter.TlsCurrRxSw)).as("TlsCurrRxSw").isZero();
    assertThat(allocator.metric().usedDirectMemory()).as("direct memory still in use").isZero();
  }
}
