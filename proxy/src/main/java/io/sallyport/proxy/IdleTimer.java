package io.sallyport.proxy;

import io.sallyport.config.ListenerTimeoutConfig;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.relay.Relay;
import io.sallyport.proxy.stat.CloseReason;
import io.vertx.core.Vertx;
import java.time.Duration;

/// Ends a relay in which nothing happens: after the shorter of the client's and the server's
/// timeout, or of `client-fin` once one side has ended.
///
/// One timer at a time, set anew only when it fires: activity costs nothing here.
final class IdleTimer {
  private static final long MILLI_NANOS = 1_000_000;

  private final Vertx vertx;
  private final Relay relay;
  private final long idleNanos;
  private final long halfClosedNanos;
  private long timer;

  IdleTimer(Vertx vertx, ListenerTimeoutConfig client, Backend backend, Relay relay) {
    this.vertx = vertx;
    this.relay = relay;
    idleNanos = min(client.client(), backend.serverTimeout()).toNanos();
    halfClosedNanos = min(client.clientFin(), Duration.ofNanos(idleNanos)).toNanos();
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  /// Watches until [#stop()].
  void start() {
    schedule(halfClosedNanos);
  }

  /// Watches no longer.
  void stop() {
    vertx.cancelTimer(timer);
  }

  private void check() {
    boolean halfClosed = relay.isHalfClosed();
    long limit = halfClosed ? halfClosedNanos : idleNanos;
    long left = limit - relay.idleNanos();
    if (left > 0) {
      // A relay that becomes half-closed meanwhile is found in time.
      schedule(Math.min(left, halfClosedNanos));
    } else {
      relay.stop(halfClosed ? CloseReason.HALF_CLOSED : CloseReason.IDLE);
    }
  }

  private void schedule(long nanos) {
    timer = vertx.setTimer(nanos / MILLI_NANOS + 1, _ -> check());
  }
}
