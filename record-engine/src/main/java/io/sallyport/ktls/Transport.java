package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;

/// The connection below. Buffers given to it are its to release.
public interface Transport {
  /// Whether the connection is established: not before it is, not after it has ended.
  boolean isEstablished();

  /// Queues bytes; [#flush()] sends them.
  void write(ByteBuf bytes);

  /// Sends what is queued, in as few system calls as possible.
  void flush();

  /// False while more is queued than should be.
  boolean isWritable();

  /// Stops or resumes reading from the network.
  void setReading(boolean reading);

  /// Sends FIN after what is queued; receiving goes on.
  void shutdownOutput();

  /// Closes both directions after what is queued, as long as the peer keeps taking it; a peer that
  /// takes nothing for a while is reset.
  void close();

  /// Closes both directions at once with RST; what is queued is lost. Also ends a [#close()] that
  /// is under way; does nothing once the connection is gone.
  void reset();

  /// Runs `task` on the event loop once `delayNanos` have passed, at the earliest when the call
  /// under way has returned.
  void later(Runnable task, long delayNanos);

  /// Bytes queued that the network has not taken yet.
  long unsent();
}
