package io.sallyport.ktls.libcrypto;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;

/// Where the bytes of a direct buffer lie.
public final class NativeMemory {
  private NativeMemory() {}

  /// The address of byte `index` of `buffer`, which must be direct and of one piece. It is good as
  /// long as the caller holds its reference.
  ///
  /// Allocates nothing when Netty knows the address, which needs its access to `sun.misc.Unsafe`;
  /// the launcher grants that.
  public static long address(ByteBuf buffer, int index) {
    if (buffer.hasMemoryAddress()) {
      return buffer.memoryAddress() + index;
    }
    return MemorySegment.ofBuffer(buffer.internalNioBuffer(index, buffer.capacity() - index))
        .address();
  }
}
