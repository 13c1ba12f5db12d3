package io.sallyport.proxy.stat;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeOutcome;
import java.util.EnumMap;
import java.util.Map;

/// Counts how the handshakes of one event loop, with clients or with servers, ended. Owned by it;
/// others read a [#snapshot()] taken there.
public final class HandshakeStat {
  private long established;
  private final Map<FailureReason, Long> failed = new EnumMap<>(FailureReason.class);

  /// A handshake ended.
  public void count(HandshakeOutcome outcome) {
    switch (outcome) {
      case HandshakeOutcome.Established _ -> established++;
      case HandshakeOutcome.Failed failure -> failed.merge(failure.reason(), 1L, Long::sum);
    }
  }

  /// Handshakes that came to a session.
  public long established() {
    return established;
  }

  /// Handshakes that failed for this reason.
  public long failed(FailureReason reason) {
    return failed.getOrDefault(reason, 0L);
  }

  /// A copy that no longer changes.
  public HandshakeStat snapshot() {
    HandshakeStat copy = new HandshakeStat();
    copy.add(this);
    return copy;
  }

  /// Adds the values of `other` to these, to sum over event loops.
  public void add(HandshakeStat other) {
    established += other.established;
    other.failed.forEach((reason, count) -> failed.merge(reason, count, Long::sum));
  }
}
