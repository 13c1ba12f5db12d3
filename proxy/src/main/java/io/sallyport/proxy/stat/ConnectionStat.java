package io.sallyport.proxy.stat;

import java.util.EnumMap;
import java.util.Map;

/// Counts the connections of one event loop. Owned by it; others read a [#snapshot()] taken there.
public final class ConnectionStat {
  private long open;
  private long opened;
  private long bytesUp;
  private long bytesDown;
  private final Map<CloseReason, Long> closed = new EnumMap<>(CloseReason.class);

  /// A connection was accepted.
  public void countOpened() {
    open++;
    opened++;
  }

  /// A connection ended after carrying so many bytes of data.
  public void countClosed(CloseReason reason, long up, long down) {
    open--;
    bytesUp += up;
    bytesDown += down;
    closed.merge(reason, 1L, Long::sum);
  }

  /// A connection was closed as soon as it came.
  public void countRefused(CloseReason reason) {
    closed.merge(reason, 1L, Long::sum);
  }

  /// Connections open now.
  public long open() {
    return open;
  }

  /// Connections opened so far.
  public long opened() {
    return opened;
  }

  /// Bytes of data carried from clients to servers by the connections that have ended.
  public long bytesUp() {
    return bytesUp;
  }

  /// Bytes of data carried from servers to clients by the connections that have ended.
  public long bytesDown() {
    return bytesDown;
  }

  /// Connections that ended for this reason.
  public long closed(CloseReason reason) {
    return closed.getOrDefault(reason, 0L);
  }

  /// A copy that no longer changes.
  public ConnectionStat snapshot() {
    ConnectionStat copy = new ConnectionStat();
    copy.add(this);
    return copy;
  }

  /// Adds the values of `other` to these, to sum over event loops.
  public void add(ConnectionStat other) {
    open += other.open;
    opened += other.opened;
    bytesUp += other.bytesUp;
    bytesDown += other.bytesDown;
    other.closed.forEach((reason, count) -> closed.merge(reason, count, Long::sum));
  }
}
