package io.sallyport.proxy.transport;

import io.netty.buffer.PooledByteBufAllocator;

/// The pool of what is read and of the records that are written: direct memory, an arena for each
/// event loop.
public final class RecordBuffers {
  /// Bytes of a chunk are 8 KiB shifted by this: 1 MiB, which holds some reads and their records,
  /// and is little for a loop that has nothing to do.
  private static final int CHUNK_ORDER = 7;

  /// Free buffers of each size that a loop keeps for the next read. They keep their chunk: small
  /// buffers that live on can leave no room for a large one in the others, and each read would then
  /// make a chunk, clear it, and give it back, which took a sixth of a loop's time under bulk load.
  /// How large the largest of them is, the flag `io.netty.allocator.maxCachedBufferCapacity` says.
  private static final int KEPT_BUFFERS = 4;

  private RecordBuffers() {}

  /// A new pool. Any thread may allocate; only event loops keep buffers.
  public static PooledByteBufAllocator pool(int eventLoops) {
    return new PooledByteBufAllocator(
        true,
        0,
        eventLoops,
        PooledByteBufAllocator.defaultPageSize(),
        CHUNK_ORDER,
        PooledByteBufAllocator.defaultSmallCacheSize(),
        KEPT_BUFFERS,
        false);
  }
}
