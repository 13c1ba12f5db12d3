package io.sallyport.agent;

import io.sallyport.ticket.OwnTicketKeys;
import io.sallyport.ticket.SharedTicketKeys;
import io.sallyport.ticket.TicketKeys;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketSealer;
import io.sallyport.ticket.TicketTimes;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The ticket keys that this agent uses: those of one keyring open no ticket of another, and
/// tickets that last longer do not keep the keys of shorter ones alive. In a cluster they are
/// shared with the other members and kept up to date.
///
/// Any thread. [#close()] wipes every key; a handshake that is under way then gives no ticket.
final class TicketStore implements AutoCloseable {
  private static final Logger LOG = System.getLogger(TicketStore.class.getName());

  /// A key that seals for less would be made anew all the time.
  private static final Duration SEALING_MIN = Duration.ofHours(1);

  /// Every member has a next key for at least [#SEALING_MIN] before it seals.
  private static final int REFRESH_SECONDS = 30;

  private record Scope(String keyring, Duration lifetime) {}

  private record Entry(TicketKeys keys, TicketSealer sealer) {}

  private final InstantSource clock;
  private final @Nullable TicketRings rings;
  private final SecureRandom random = new SecureRandom();
  private final Map<Scope, Entry> entries = new ConcurrentHashMap<>();

  /// Keeps shared keys up to date; null without any.
  private final AtomicReference<@Nullable ScheduledExecutorService> refresher =
      new AtomicReference<>();

  /// @param rings what members share; null: the keys are this agent's alone
  TicketStore(InstantSource clock, @Nullable TicketRings rings) {
    this.clock = clock;
    this.rings = rings;
  }

  /// Seals and opens the tickets of a keyring. The first call for a shared one asks for its keys
  /// and waits for them, a second at the most.
  ///
  /// @param lifetime how long its tickets last, more than zero
  TicketSealer sealer(String keyring, Duration lifetime) {
    return entries.computeIfAbsent(new Scope(keyring, lifetime), this::make).sealer();
  }

  private Entry make(Scope scope) {
    Duration sealing = scope.lifetime().compareTo(SEALING_MIN) < 0 ? SEALING_MIN : scope.lifetime();
    TicketTimes times = new TicketTimes(sealing, scope.lifetime());
    TicketKeys keys =
        rings == null
            ? new OwnTicketKeys(times, clock, random)
            : shared(scope.keyring(), new SharedTicketKeys(times, clock), rings);
    return new Entry(keys, new TicketSealer(keys, clock, random));
  }

  private SharedTicketKeys shared(String keyring, SharedTicketKeys keys, TicketRings source) {
    refresh(keyring, keys, source);
    startRefreshing(source);
    return keys;
  }

  private static void refresh(String keyring, SharedTicketKeys keys, TicketRings source) {
    switch (source.ring(keyring, keys.times())) {
      case TicketRings.Found.Ring(var ring) -> keys.install(ring);
      case TicketRings.Found.Denied() -> keys.drop();
      case TicketRings.Found.Unknown() -> {}
    }
  }

  private void startRefreshing(TicketRings source) {
    if (refresher.get() != null) {
      return;
    }
    ScheduledExecutorService started =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sallyport-tickets").factory());
    ScheduledFuture<?> _ =
        started.scheduleWithFixedDelay(
            () -> refreshAll(source), REFRESH_SECONDS, REFRESH_SECONDS, TimeUnit.SECONDS);
    if (!refresher.compareAndSet(null, started)) {
      started.shutdownNow();
    }
  }

  private void refreshAll(TicketRings source) {
    entries.forEach((scope, entry) -> {
      try {
        refresh(scope.keyring(), (SharedTicketKeys) entry.keys(), source);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "ticket keys of keyring " + scope.keyring() + " not renewed", e);
      }
    });
  }

  @Override
  public void close() {
    ScheduledExecutorService stopping = refresher.getAndSet(null);
    if (stopping != null) {
      stopping.shutdownNow();
    }
    entries.values().forEach(entry -> entry.keys().close());
    entries.clear();
  }
}
