package io.sallyport.agent;

import io.sallyport.ticket.TicketKeys;
import io.sallyport.ticket.TicketSealer;
import io.sallyport.ticket.TicketTimes;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The ticket keys of this agent: those of one keyring open no ticket of another, and tickets that
/// last longer do not keep the keys of shorter ones alive.
///
/// Any thread. [#close()] wipes every key; a handshake that is under way then gives no ticket.
final class TicketStore implements AutoCloseable {
  /// A key that seals for less would be made anew all the time.
  private static final Duration SEALING_MIN = Duration.ofHours(1);

  private record Scope(String keyring, Duration lifetime) {}

  private record Entry(TicketKeys keys, TicketSealer sealer) {}

  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<Scope, Entry> entries = new ConcurrentHashMap<>();

  TicketStore(InstantSource clock) {
    this.clock = clock;
  }

  /// Seals and opens the tickets of a keyring.
  ///
  /// @param lifetime how long its tickets last, more than zero
  TicketSealer sealer(String keyring, Duration lifetime) {
    return entries.computeIfAbsent(new Scope(keyring, lifetime), this::make).sealer();
  }

  private Entry make(Scope scope) {
    Duration sealing = scope.lifetime().compareTo(SEALING_MIN) < 0 ? SEALING_MIN : scope.lifetime();
    TicketKeys keys = new TicketKeys(new TicketTimes(sealing, scope.lifetime()), clock, random);
    return new Entry(keys, new TicketSealer(keys, clock, random));
  }

  @Override
  public void close() {
    entries.values().forEach(entry -> entry.keys().close());
    entries.clear();
  }
}
