package io.sallyport.ktls;

import io.netty.buffer.ByteBufAllocator;
import java.util.function.LongSupplier;

/// What the sockets of one event loop share: allocator, AEAD back end, counters.
///
/// Owned by that event loop, as is every socket made from it; not thread-safe.
public final class RecordEngine {
  private final ByteBufAllocator allocator;
  private final AeadBackend backend;
  private final RekeyPolicy rekeyPolicy;
  private final LongSupplier nanoClock;
  private final TlsStat stat = new TlsStat();
  private final KeyUpdateStat keyUpdateStat = new KeyUpdateStat();

  /// With the ciphers' own limits.
  ///
  /// @param allocator where records and read buffers come from; must give direct buffers. When it
  ///   has no more, `sendmsg` and `recvmsg` answer ENOMEM
  /// @param backend see [AeadBackend#probe()]
  public RecordEngine(ByteBufAllocator allocator, AeadBackend backend) {
    this(allocator, backend, RekeyPolicy.DEFAULT, System::nanoTime);
  }

  /// With limits of the caller's.
  ///
  /// @param rekeyPolicy when keys change
  /// @param nanoClock what `rekeyPolicy` measures a peer's rate with
  public RecordEngine(
      ByteBufAllocator allocator,
      AeadBackend backend,
      RekeyPolicy rekeyPolicy,
      LongSupplier nanoClock) {
    this.allocator = Misuse.notNull(allocator, "the allocator");
    this.backend = Misuse.notNull(backend, "the back end");
    this.rekeyPolicy = Misuse.notNull(rekeyPolicy, "the rekey policy");
    this.nanoClock = Misuse.notNull(nanoClock, "the clock");
  }

  /// A new socket over `transport`: plain TCP until [KtlsSocket#setUlp].
  public KtlsSocket socket(Transport transport) {
    return new KtlsSocket(this, Misuse.notNull(transport, "the transport"));
  }

  /// The counters of this engine's sockets, live.
  public TlsStat stat() {
    return stat;
  }

  /// What this engine did about key updates, live.
  public KeyUpdateStat keyUpdateStat() {
    return keyUpdateStat;
  }

  RekeyPolicy rekeyPolicy() {
    return rekeyPolicy;
  }

  long nanoTime() {
    return nanoClock.getAsLong();
  }

  ByteBufAllocator allocator() {
    return allocator;
  }

  AeadBackend backend() {
    return backend;
  }
}
