package io.sallyport.link;

/// For how long the other end of a link has said nothing, as far as this member was there to hear
/// it. A look that comes late, after a pause of the machine or of the garbage collector, says
/// nothing about the other end, whose frames wait to be read: the time begins anew.
///
/// Owned by the event loop of its link.
final class Silence {
  /// Looks are half a second apart.
  static final int LATE_MS = 1_000;

  private final int maxMs;
  private long heardMs;
  private long lookedMs;

  /// @param maxMs more than [#LATE_MS]
  Silence(int maxMs, long nowMs) {
    this.maxMs = maxMs;
    heardMs = nowMs;
    lookedMs = nowMs;
  }

  /// The other end said something.
  void heard(long nowMs) {
    heardMs = nowMs;
  }

  /// Looks whether it has been silent for too long.
  boolean isTooLong(long nowMs) {
    if (nowMs - lookedMs > LATE_MS) {
      heardMs = nowMs;
    }
    lookedMs = nowMs;
    return nowMs - heardMs > maxMs;
  }
}
