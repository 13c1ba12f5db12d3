package io.sallyport.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sallyport.ktls.Transport;
import java.util.Comparator;
import java.util.PriorityQueue;

/// A transport without a network: what the socket sends can be read here.
public final class MemoryTransport implements Transport {
  private record Later(long atNanos, long number, Runnable task) {}

  private final ByteBuf sent = ByteBufAllocator.DEFAULT.directBuffer();
  private final PriorityQueue<Later> later =
      new PriorityQueue<>(
          Comparator.comparingLong(Later::atNanos).thenComparingLong(Later::number));
  private long now;
  private long tasks;
  private boolean established = true;
  private boolean failing;
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

  /// Whether the connection is established, from now on.
  public void setEstablished(boolean next) {
    established = next;
  }

  /// Runs what was to be run later and is due within `nanos`, in order, also what that adds.
  public void runLater(long nanos) {
    long until = now + nanos;
    while (!later.isEmpty() && later.peek().atNanos <= until) {
      Later next = later.remove();
      now = next.atNanos;
      next.task.run();
    }
    now = until;
  }

  @Override
  public boolean isEstablished() {
    return established;
  }

  @Override
  public void later(Runnable task, long delayNanos) {
    later.add(new Later(now + delayNanos, tasks++, task));
  }

  /// Takes nothing of the next write: memory runs out in the middle of it.
  public void failNextWrite() {
    failing = true;
  }

  @Override
  public void write(ByteBuf bytes) {
    if (failing) {
      failing = false;
      bytes.release();
      throw new OutOfMemoryError("test: the transport has no memory");
    }
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
