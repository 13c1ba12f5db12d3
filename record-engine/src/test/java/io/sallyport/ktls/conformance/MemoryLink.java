package io.sallyport.ktls.conformance;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Transport;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Two transports that are each other's network: what one flushes, the other's socket receives.
///
/// A bounded end keeps what is flushed until [#deliver] and stops taking more when it is full, like
/// a socket with a small send buffer. Not thread-safe.
final class MemoryLink implements Transport {
  /// Bytes the network hands over at a time: less than a full record, so that long ones are cut.
  private static final int SEGMENT = 10_000;

  private static final int UNBOUNDED = Integer.MAX_VALUE;

  private final ByteBuf queued;
  private final Deque<Runnable> later = new ArrayDeque<>();
  private int capacity = UNBOUNDED;
  private boolean established = true;
  private boolean reading = true;
  private boolean delivering;
  private boolean closed;
  private boolean outputShutdown;
  private boolean finDelivered;
  private @Nullable KtlsSocket socket;
  private @Nullable MemoryLink peer;

  private MemoryLink(ByteBufAllocator allocator) {
    queued = allocator.directBuffer();
  }

  /// One end of a new link.
  static MemoryLink create(ByteBufAllocator allocator) {
    MemoryLink end = new MemoryLink(allocator);
    MemoryLink other = new MemoryLink(allocator);
    end.peer = other;
    other.peer = end;
    return end;
  }

  /// The other end.
  MemoryLink peer() {
    return requireNonNull(peer);
  }

  /// Whose transport this end is.
  void attach(KtlsSocket owner) {
    socket = owner;
  }

  /// Neither connected nor listening counts as established.
  void setEstablished(boolean next) {
    established = next;
  }

  /// Takes no more than about `bytes` (SO_SNDBUF); from now on only [#deliver] hands them over.
  void bound(int bytes) {
    capacity = bytes;
  }

  /// Hands over at most `limit` bytes of what is queued, as far as the peer reads.
  void deliver(int limit) {
    if (delivering) {
      return;
    }
    delivering = true;
    boolean wasFull = !isWritable();
    int left = limit;
    while (left > 0 && queued.isReadable() && peer().reading) {
      left -= deliverSegment(Math.min(left, SEGMENT));
    }
    queued.discardSomeReadBytes();
    if (outputShutdown && !queued.isReadable() && !finDelivered) {
      finDelivered = true;
      requireNonNull(peer().socket).receivedFin();
    }
    delivering = false;
    if (wasFull && isWritable()) {
      requireNonNull(socket).writeSpaceAvailable();
    }
  }

  private int deliverSegment(int limit) {
    KtlsSocket receiver = requireNonNull(peer().socket);
    int length = Math.min(limit, queued.readableBytes());
    ByteBuf segment = receiver.readBuffer(length);
    length = Math.min(length, segment.writableBytes());
    segment.writeBytes(queued, length);
    receiver.received(segment);
    receiver.receiveComplete();
    return length;
  }

  /// Runs what was put off with [#later], whenever it would be due.
  void runLater() {
    for (int due = later.size(); due > 0; due--) {
      later.remove().run();
    }
  }

  /// Gives the memory back.
  void release() {
    queued.release();
  }

  @Override
  public void write(ByteBuf bytes) {
    if (!closed) {
      queued.writeBytes(bytes);
    }
    bytes.release();
  }

  @Override
  public void flush() {
    if (capacity == UNBOUNDED) {
      deliver(UNBOUNDED);
    }
  }

  @Override
  public boolean isWritable() {
    return queued.readableBytes() < capacity;
  }

  @Override
  public boolean isEstablished() {
    return established && !closed;
  }

  @Override
  public void setReading(boolean next) {
    reading = next;
    if (next) {
      peer().flush();
    }
  }

  @Override
  public void shutdownOutput() {
    outputShutdown = true;
    flush();
  }

  @Override
  public void close() {
    shutdownOutput();
    closed = true;
    if (peer().closed) {
      requireNonNull(socket).disconnected();
      requireNonNull(peer().socket).disconnected();
    }
  }

  @Override
  public void reset() {
    closed = true;
    requireNonNull(socket).disconnected();
    requireNonNull(peer().socket).disconnected();
  }

  @Override
  public long unsent() {
    return queued.readableBytes();
  }

  @Override
  public void later(Runnable task, long delayNanos) {
    later.add(task);
  }
}
