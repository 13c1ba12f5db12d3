package io.sallyport.agent;

import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ticket.TicketSealer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The threads of an agent, the queue before them, and every handshake they have.
///
/// Requests that wait for a thread for the first time are counted, and while there are too many no
/// more are taken. Accepted ones add at most one task each to a queue, so each is bounded by the
/// connections there are. Any thread may submit.
///
/// An exchange is counted as pending from when it has something to do, which for a server is when
/// its peer speaks, until a thread accepts it. It is among the live ones until its last answer or
/// its cancel. Both are given back exactly once, by whoever moved it on.
final class AgentThreads implements HandshakeService {
  /// Begins the handshake of a request; null when its keyring is gone.
  interface Opening {
    @Nullable HandshakeSteps open(HandshakeRequest request);
  }

  private static final int STOP_SECONDS_MAX = 10;

  private final KeyringStore store;
  private final AgentOptions options;
  private final AgentResources resources;
  private final Opening opening;
  private final Supplier<AgentPools> pools;
  private final AtomicInteger pending = new AtomicInteger();
  private final Set<AgentExchange> live = ConcurrentHashMap.newKeySet();

  /// Null before the start and after the stop.
  private volatile @Nullable AgentPools running;

  AgentThreads(KeyringStore store, AgentOptions options) {
    this(store, options, AgentResources.of(store, InstantSource.system()));
  }

  AgentThreads(KeyringStore store, AgentOptions options, AgentSharing sharing) {
    this(
        store,
        options,
        AgentResources.of(store, InstantSource.system(), sharing.rings(), sharing.audit()));
  }

  private AgentThreads(KeyringStore store, AgentOptions options, AgentResources resources) {
    this(
        store,
        options,
        resources,
        handshakes(store, resources),
        () -> AgentPools.of(options.threads()));
  }

  /// @param resources owned; wiped at each stop
  /// @param pools makes the threads of one start
  AgentThreads(
      KeyringStore store,
      AgentOptions options,
      AgentResources resources,
      Opening opening,
      Supplier<AgentPools> pools) {
    this.store = store;
    this.options = options;
    this.resources = resources;
    this.opening = opening;
    this.pools = pools;
  }

  private static Opening handshakes(KeyringStore store, AgentResources resources) {
    SecureRandom random = new SecureRandom();
    return request -> {
      Keyring keyring = store.acquire(request.keyring()).orElse(null);
      if (keyring == null) {
        return null;
      }
      try {
        return Handshake.of(request, keyring, JdkTlsCrypto.probe(random), resources);
      } catch (RuntimeException | Error e) {
        keyring.release();
        throw e;
      }
    };
  }

  void start() {
    AgentPools starting = pools.get();
    try {
      // Now, so that it is the start that fails when there cannot be as many, and not a request.
      starting.prestart();
    } catch (OutOfMemoryError e) {
      starting.shutdown();
      throw e;
    }
    resources.tickets().open();
    running = starting;
  }

  /// Answers every request that is under way, and waits for the threads. Blocks.
  void stop() throws InterruptedException {
    AgentPools stopping = running;
    if (stopping == null) {
      return;
    }
    running = null;
    // From here on no task is taken, so every exchange that got one is among the live ones.
    stopping.shutdown();
    live.forEach(AgentExchange::abandon);
    stopping.awaitTermination(STOP_SECONDS_MAX);
    resources.close();
  }

  @Override
  public Submission submit(HandshakeRequest request, Answers answers) {
    AgentPools accepting = running;
    if (accepting == null || !store.contains(request.keyring())) {
      return new Submission.Refused(HandshakeSubmit.ESRCH);
    }
    AgentExchange exchange = new AgentExchange(this, accepting, request, answers);
    if (pending.get() >= options.pendingMax()) {
      return new Submission.Refused(HandshakeSubmit.EAGAIN);
    }
    return begin(exchange, accepting);
  }

  private Submission begin(AgentExchange exchange, AgentPools accepting) {
    try {
      live.add(exchange);
      exchange.begin();
    } catch (RejectedExecutionException _) {
      return takeBack(exchange, HandshakeSubmit.ESRCH);
    } catch (OutOfMemoryError _) {
      return takeBack(exchange, HandshakeSubmit.ENOMEM);
    }
    // A stop may have looked through the live ones before this one was there.
    return accepting.isShutdown()
        ? takeBack(exchange, HandshakeSubmit.ESRCH)
        : new Submission.Accepted(exchange);
  }

  /// No thread will take it. If a stop just now found it among the live ones, it has answered it.
  private Submission takeBack(AgentExchange exchange, HandshakeSubmit why) {
    return exchange.end() ? new Submission.Refused(why) : new Submission.Accepted(exchange);
  }

  /// Seals and opens tickets with the keys of this agent; empty when it does not run, or has the
  /// keys of too many kinds of tickets.
  Optional<TicketSealer> tickets(String keyring, Duration lifetime) {
    return running == null
        ? Optional.empty()
        : resources.tickets().sealerForMember(keyring, lifetime);
  }

  /// A handshake for a request, or null when its keyring is gone.
  @Nullable HandshakeSteps handshake(HandshakeRequest request) {
    return opening.open(request);
  }

  /// Requests that wait for a thread.
  int pending() {
    return pending.get();
  }

  /// Requests that were accepted and have not ended.
  int live() {
    return live.size();
  }

  /// An exchange waits for a thread to accept it.
  void joinQueue() {
    pending.incrementAndGet();
  }

  /// An exchange does not wait any more: it was accepted by a thread, or ended before.
  void leaveQueue() {
    pending.decrementAndGet();
  }

  void ended(AgentExchange exchange) {
    live.remove(exchange);
  }
}
