package io.sallyport.ktls;

import io.netty.buffer.ByteBufAllocator;

/// What the sockets of one event loop share: allocator, AEAD back end, counters.
///
/// Owned by that event loop, as is every socket made from it; not thread-safe.
public final class RecordEngine {
  private final ByteBufAllocator allocator;
  private final AeadBackend backend;
  private final TlsStat stat = new TlsStat();

  /// @param allocator where records and read buffers come from; must give direct buffers
  /// @param backend see [AeadBackend#probe()]
  public RecordEngine(ByteBufAllocator allocator, AeadBackend backend) {
    this.allocator = allocator;
    this.backend = backend;
  }

  /// A new socket over `transport`, established and without keys.
  public KtlsSocket socket(Transport transport) {
    return new KtlsSocket(this, transport);
  }

  /// The counters of this engine's sockets, live.
  public TlsStat stat() {
    return stat;
  }

  ByteBufAllocator allocator() {
    return allocator;
  }

  AeadBackend backend() {
    return backend;
  }
}
