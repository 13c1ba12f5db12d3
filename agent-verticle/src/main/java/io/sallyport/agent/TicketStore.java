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
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The ticket keys that this agent uses: those of one keyring open no ticket of another, and
/// tickets that last longer do not keep the keys of shorter ones alive. In a cluster they are
/// shared with the other members and kept up to date, or left to those that may have them.
///
/// Any thread. [#close()] wipes every key, also those that are only on their way; a handshake that
/// is under way then gives no ticket. [#open()] begins anew, as a store that was just made does.
final class TicketStore implements AutoCloseable {
  private static final Logger LOG = System.getLogger(TicketStore.class.getName());

  /// Every member has a next key for an hour at least before it seals: [TicketTimes#lasting].
  private static final int REFRESH_SECONDS = 30;

  /// Keyrings and lifetimes up to which other members may ask for new ones.
  private static final int ENTRIES_MAX_FOR_MEMBERS = 256;

  private record Scope(String keyring, Duration lifetime) {}

  private record Entry(TicketKeys keys, TicketSealer sealer) {}

  private final InstantSource clock;
  private final @Nullable TicketRings rings;
  private final SecureRandom random = new SecureRandom();
  private final Map<Scope, Entry> entries = new ConcurrentHashMap<>();

  private volatile boolean closed;

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
    Entry entry = entries.computeIfAbsent(new Scope(keyring, lifetime), this::make);
    if (closed) {
      // It may have come when the others were wiped already.
      entry.keys().close();
      close();
    }
    return entry.sealer();
  }

  /// The same for another member; empty when there are too many kinds of tickets already.
  Optional<TicketSealer> sealerForMember(String keyring, Duration lifetime) {
    boolean isFull = entries.size() >= ENTRIES_MAX_FOR_MEMBERS;
    return isFull && !entries.containsKey(new Scope(keyring, lifetime))
        ? Optional.empty()
        : Optional.of(sealer(keyring, lifetime));
  }

  private Entry make(Scope scope) {
    TicketTimes times = TicketTimes.lasting(scope.lifetime());
    TicketKeys keys =
        rings == null
            ? new OwnTicketKeys(times, clock, random)
            : shared(scope.keyring(), new SharedTicketKeys(times, clock, random), rings);
    return new Entry(keys, new TicketSealer(keys, clock));
  }

  private SharedTicketKeys shared(String keyring, SharedTicketKeys keys, TicketRings source) {
    refresh(keyring, keys, source);
    startRefreshing(source);
    return keys;
  }

  private static void refresh(String keyring, SharedTicketKeys keys, TicketRings source) {
    switch (source.ring(keyring, keys.times())) {
      case TicketRings.Found.Ring(var ring) -> {
        if (keys.install(ring)) {
          LOG.log(Level.INFO, "keyring " + keyring + ": the ring of ticket keys has turned");
        }
      }
      case TicketRings.Found.Elsewhere(var holders) -> keys.entrust(holders);
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

  void open() {
    closed = false;
  }

  @Override
  public void close() {
    closed = true;
    ScheduledExecutorService stopping = refresher.getAndSet(null);
    if (stopping != null) {
      stopping.shutdownNow();
    }
    entries.values().forEach(entry -> entry.keys().close());
    entries.clear();
  }
}
