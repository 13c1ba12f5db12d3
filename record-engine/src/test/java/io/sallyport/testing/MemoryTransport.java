package io.sallyport.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sallyport.ktls.Transport;

/// A transport without a network: what the socket sends can be read here.
public final class MemoryTransport implements Transport {
  private final ByteBuf sent = ByteBufAllocator.DEFAULT.directBuffer();
  private boolean writable = true;
  private boolean reading = true;
  private boolean outputShutdown;
  private boolean closed;
  private boolean reset;
  private int flushes;

  /// Takes everything that was sent so far.
  public byte[] takeSent() {
    byte[] bytes = new byte[sent.readableBytes()];
    sent.readBytes(bytes);
    sent.clear();
    return bytes;
  }

  /// What [#isWritable] answers from now on.
  public void setWritable(boolean next) {
    writable = next;
  }

  /// Whether the socket's consumer wants to read.
  public boolean isReading() {
    return reading;
  }

  /// Whether FIN was sent.
  public boolean isOutputShutdown() {
    return outputShutdown;
  }

  /// Whether the socket closed the connection.
  public boolean isClosed() {
    return closed;
  }

  /// Whether it did so with a reset.
  public boolean isReset() {
    return reset;
  }

  /// Number of flushes so far.
  public int flushes() {
    return flushes;
  }

  /// Gives the memory back.
  public void release() {
    sent.release();
  }

  @Override
  public void write(ByteBuf bytes) {
    sent.writeBytes(bytes);
    bytes.release();
  }

  @Override
  public void flush() {
    flushes++;
  }

  @Override
  public boolean isWritable() {
    return writable;
  }

  @Override
  public void setReading(boolean next) {
    reading = next;
  }

  @Override
  public void shutdownOutput() {
    outputShutdown = true;
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public long unsent() {
    return writable ? 0 : sent.readableBytes();
  }

  @Override
  public void reset() {
    closed = true;
    reset = true;
  }
}
