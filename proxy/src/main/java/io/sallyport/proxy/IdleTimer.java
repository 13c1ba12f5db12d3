package io.sallyport.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.config.ListenerTimeoutConfig;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.relay.Relay;
import io.sallyport.proxy.stat.CloseReason;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Ends a relay in which nothing happens: after the timeout of the peer that is waited for, the
/// shorter one when that may be either, or `client-fin` once one side has ended.
///
/// One timer at a time, set anew only when it fires: activity costs nothing here.
final class IdleTimer {
  private final EventLoop loop;
  private final Relay relay;
  private final long clientNanos;
  private final long serverNanos;
  private final long halfClosedNanos;

  /// The shortest of them: a relay that changes its state meanwhile is found in time.
  private final long periodNanos;

  private @Nullable ScheduledFuture<?> timer;

  IdleTimer(EventLoop loop, ListenerTimeoutConfig client, Backend backend, Relay relay) {
    this.loop = loop;
    this.relay = relay;
    clientNanos = client.client().toNanos();
    serverNanos = backend.serverTimeout().toNanos();
    halfClosedNanos = client.clientFin().toNanos();
    periodNanos = Math.min(halfClosedNanos, Math.min(clientNanos, serverNanos));
  }

  /// Watches until [#stop()].
  void start() {
    schedule(periodNanos);
  }

  /// Watches no longer.
  void stop() {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  private void check() {
    long left = limit() - relay.idleNanos();
    if (left > 0) {
      schedule(Math.min(left, periodNanos));
    } else {
      relay.stop(relay.isHalfClosed() ? CloseReason.HALF_CLOSED : CloseReason.IDLE);
    }
  }

  /// While a peer does not take what is sent to it, it is the one that is waited for.
  private long limit() {
    if (relay.isHalfClosed()) {
      return halfClosedNanos;
    }
    return switch (relay.waitingFor()) {
      case CLIENT -> clientNanos;
      case SERVER -> serverNanos;
      case EITHER -> Math.min(clientNanos, serverNanos);
    };
  }

  private void schedule(long nanos) {
    timer = loop.schedule(this::check, nanos, TimeUnit.NANOSECONDS);
  }
}
