package io.sallyport.ktls.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.SendFlag;
import io.sallyport.ktls.Sent;
import io.sallyport.testing.MemoryTransport;

/// A pipe to splice to and from. To it: a plain socket on a transport in memory. From it: the
/// buffers that were written to it, handed to the socket without a copy.
final class Pipe implements AutoCloseable {
  private final MemoryTransport transport = new MemoryTransport();
  private final KtlsSocket in;
  private final CompositeByteBuf written = Unpooled.compositeBuffer(1024);

  Pipe(RecordEngine engine) {
    in = engine.socket(transport);
  }

  /// splice(fd, pipe, length): what arrived in the pipe, which is what the call said.
  byte[] spliceFrom(KtlsSocket fd, int length) {
    Sent sent = fd.transferTo(in, length);
    byte[] bytes = transport.takeSent();
    assertThat(sent).isEqualTo(new Sent.Accepted(bytes.length));
    return bytes;
  }

  /// A splice that must fail, and put nothing in the pipe.
  KtlsErrno spliceFromError(KtlsSocket fd, int length) {
    Sent sent = fd.transferTo(in, length);
    assertThat(transport.takeSent()).isEmpty();
    return Calls.failed(sent);
  }

  /// write(pipe, …), a buffer of its own each time.
  void write(byte[] bytes) {
    written.addComponent(true, Unpooled.wrappedBuffer(bytes));
  }

  /// splice(pipe, fd, length): what the socket took.
  long spliceTo(KtlsSocket fd, int length, SendFlag... flags) {
    int offered = Math.min(length, written.readableBytes());
    ByteBuf some = written.slice(written.readerIndex(), offered);
    long taken = Calls.sendmsg(fd, some, flags);
    written.skipBytes((int) taken);
    return taken;
  }

  /// splice(pipe, other pipe, length).
  void spliceTo(Pipe other, int length) {
    byte[] moved = new byte[length];
    written.readBytes(moved);
    other.write(moved);
  }

  /// Bytes in the pipe that were not spliced yet.
  int readableBytes() {
    return written.readableBytes();
  }

  @Override
  public void close() {
    in.close();
    transport.release();
    written.release();
  }
}
