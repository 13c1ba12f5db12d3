package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.testing.MemoryTransport;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/// One socket on a transport in memory.
final class SocketFixture implements AutoCloseable {
  static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

  final RecordEngine engine;
  final MemoryTransport transport = new MemoryTransport();
  final KtlsSocket socket;

  SocketFixture(AeadBackend backend) {
    this(new RecordEngine(ALLOCATOR, backend));
  }

  SocketFixture(RecordEngine engine) {
    this.engine = engine;
    socket = engine.socket(transport);
    socket.setUlp(KtlsSocket.TLS_ULP);
  }

  static ByteBuf direct(byte... bytes) {
    return ALLOCATOR.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
  }

  void receive(byte... bytes) {
    socket.received(direct(bytes));
  }

  void setRx(CryptoInfo info) {
    try (info) {
      socket.setRx(info);
    }
  }

  void setTx(CryptoInfo info) {
    try (info) {
      socket.setTx(info);
    }
  }

  /// The next answer must be data; its bytes.
  byte[] recvData() {
    Received received = socket.recv();
    assertThat(received).isInstanceOf(Received.ApplicationData.class);
    return take(((Received.ApplicationData) received).content());
  }

  /// All data up to the first answer that is none.
  byte[] recvAllData() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    while (socket.recv() instanceof Received.ApplicationData data) {
      all.writeBytes(take(data.content()));
    }
    return all.toByteArray();
  }

  static byte[] take(ByteBuf content) {
    byte[] bytes = new byte[content.readableBytes()];
    content.readBytes(bytes);
    content.release();
    return bytes;
  }

  /// Cuts what was sent into records.
  List<byte[]> sentRecords() {
    byte[] sent = transport.takeSent();
    List<byte[]> records = new ArrayList<>();
    int at = 0;
    while (at < sent.length) {
      int length = 5 + ((sent[at + 3] & 255) << 8 | (sent[at + 4] & 255));
      records.add(java.util.Arrays.copyOfRange(sent, at, at + length));
      at += length;
    }
    return records;
  }

  @Override
  public void close() {
    socket.close();
    transport.release();
  }
}
