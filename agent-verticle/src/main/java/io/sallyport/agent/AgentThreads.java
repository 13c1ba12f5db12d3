package io.sallyport.agent;

import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The threads of an agent, the queue before them, and every handshake they have.
///
/// Requests that no thread has accepted yet are counted and bounded. Accepted ones add at most one
/// task each to the queue, so it is bounded by the connections there are. Any thread may submit.
final class AgentThreads implements HandshakeService {
  private static final int STOP_SECONDS_MAX = 10;

  private final KeyringStore store;
  private final AgentOptions options;
  private final AgentResources resources;
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger pending = new AtomicInteger();
  private final Set<AgentExchange> live = ConcurrentHashMap.newKeySet();

  /// Null before the start and after the stop.
  private volatile @Nullable ThreadPoolExecutor running;

  AgentThreads(KeyringStore store, AgentOptions options) {
    this.store = store;
    this.options = options;
    resources = AgentResources.of(store, InstantSource.system());
  }

  void start() {
    AtomicInteger number = new AtomicInteger();
    running =
        new ThreadPoolExecutor(
            options.threads(),
            options.threads(),
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task ->
                Thread.ofPlatform()
                    .daemon()
                    .name("sallyport-agent-" + number.incrementAndGet())
                    .unstarted(task));
  }

  /// Answers every request that is under way, and waits for the threads. Blocks.
  void stop() throws InterruptedException {
    ThreadPoolExecutor stopping = running;
    if (stopping == null) {
      return;
    }
    running = null;
    // From here on no task is taken, so every exchange that got one is among the live ones.
    stopping.shutdown();
    live.forEach(AgentExchange::abandon);
    stopping.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS);
    resources.close();
  }

  @Override
  public Submission submit(HandshakeRequest request, Answers answers) {
    ThreadPoolExecutor threads = running;
    if (threads == null || !store.contains(request.keyring())) {
      return new Submission.Refused(HandshakeSubmit.ESRCH);
    }
    if (pending.incrementAndGet() > options.pendingMax()) {
      pending.decrementAndGet();
      return new Submission.Refused(HandshakeSubmit.EAGAIN);
    }
    AgentExchange exchange = new AgentExchange(this, threads, request, answers);
    live.add(exchange);
    try {
      exchange.enqueue();
    } catch (RejectedExecutionException _) {
      // Stopped just now. If the stop found it among the live ones, it has answered it.
      if (!exchange.withdraw()) {
        return new Submission.Accepted(exchange);
      }
      live.remove(exchange);
      pending.decrementAndGet();
      return new Submission.Refused(HandshakeSubmit.ESRCH);
    }
    return new Submission.Accepted(exchange);
  }

  /// A handshake for a request, or null when its keyring is gone.
  @Nullable Handshake handshake(HandshakeRequest request) {
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
  }

  /// An exchange does not wait any more: it was accepted by a thread, or ended before.
  void leaveQueue() {
    pending.decrementAndGet();
  }

  void ended(AgentExchange exchange) {
    live.remove(exchange);
  }
}
