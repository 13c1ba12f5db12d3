package io.sallyport.agent;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads of an agent, apart by what they may be held up by.
///
/// A step takes a millisecond or two at the most, unless it verifies a chain that a hostile peer
/// has made as costly as it can: then it takes a hundred times that. Steps that may verify have
/// threads of their own, half as many as the others; however many of them wait, the other pool goes
/// on, and the operating system shares the processors between both. See
/// `docs/decisions/0001-where-handshake-steps-run.md`. Both are for what computes:
/// [BatchScheduling].
///
/// Steps that wait for another member, because it holds the private key, have a virtual thread
/// each: while they wait they take nothing from the others. See
/// `docs/decisions/0003-keys-on-other-members.md`.
///
/// @param general for every step that verifies nothing and waits for nobody
/// @param verifying for steps that may verify a peer
/// @param waiting for steps that may wait for another member
record AgentPools(
    ThreadPoolExecutor general, ThreadPoolExecutor verifying, ExecutorService waiting) {
  /// @param threads of the general pool
  static AgentPools of(int threads) {
    return new AgentPools(
        pool(threads, "sallyport-agent-"),
        pool(Math.max(1, threads / 2), "sallyport-verifier-"),
        Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("sallyport-waiting-", 0).factory()));
  }

  private static ThreadPoolExecutor pool(int threads, String name) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task ->
            Thread.ofPlatform()
                .daemon()
                .name(name + number.incrementAndGet())
                .unstarted(() -> {
                  BatchScheduling.ask();
                  task.run();
                }));
  }

  /// Starts every thread now, so that it is the start that fails when there cannot be as many, and
  /// not a request.
  void prestart() {
    general.prestartAllCoreThreads();
    verifying.prestartAllCoreThreads();
  }

  /// Takes no more tasks; those there are go on.
  void shutdown() {
    general.shutdown();
    verifying.shutdown();
    waiting.shutdown();
  }

  boolean isShutdown() {
    return general.isShutdown();
  }

  /// Waits until all tasks are done, for each pool at most so long.
  void awaitTermination(int seconds) throws InterruptedException {
    general.awaitTermination(seconds, TimeUnit.SECONDS);
    verifying.awaitTermination(seconds, TimeUnit.SECONDS);
    waiting.awaitTermination(seconds, TimeUnit.SECONDS);
  }
}
