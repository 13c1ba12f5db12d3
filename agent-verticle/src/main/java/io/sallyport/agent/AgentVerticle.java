package io.sallyport.agent;

import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ticket.TicketSealer;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;

/// Does the handshakes of one member. Deployed once.
///
/// Listens for every keyring that its store holds, from the end of [#start()] to [#stop()]; before
/// and after, requests are refused with ESRCH. What costs runs on threads of the agent's own and
/// never on an event loop, because a signature takes up to a millisecond, and the verification of a
/// hostile peer much longer; a light step runs on the thread that brings its bytes. The steps of
/// one handshake follow each other. [#stop()] ends what is under way: each of its requests is
/// answered with ETIMEDOUT, once, and what it holds of keys is given back. It can be deployed again
/// after that.
public final class AgentVerticle extends VerticleBase {
  private final AgentThreads threads;

  /// An agent with ticket keys of its own, which end with the process.
  ///
  /// @param store stays its creator's
  public AgentVerticle(KeyringStore store, AgentOptions options) {
    threads = new AgentThreads(store, options);
  }

  /// The agent of a member of a cluster.
  ///
  /// @param store stays its creator's
  public AgentVerticle(KeyringStore store, AgentOptions options, AgentSharing sharing) {
    threads = new AgentThreads(store, options, sharing);
  }

  /// The way to this agent, for every [io.sallyport.handshake.HandshakeAgent] of this member. Can
  /// be taken before the verticle is deployed.
  public HandshakeService service() {
    return threads;
  }

  /// Handshakes that wait for a thread. Any thread.
  public int pending() {
    return threads.pending();
  }

  /// Handshakes that were accepted and have not ended, those that wait among them. Any thread.
  public int running() {
    return threads.live();
  }

  /// Any thread.
  public AgentStat stat() {
    return new AgentStat(threads.pending(), threads.live(), new TreeMap<>());
  }

  /// What seals and opens the tickets of this agent's handshakes, for a member that does not get
  /// their keys. Empty when the agent does not run, or such members have asked for too many kinds.
  /// Any thread that may wait, a second at the most.
  ///
  /// @param lifetime how long the tickets last
  public Optional<TicketSealer> tickets(String keyring, Duration lifetime) {
    return threads.tickets(keyring, lifetime);
  }

  @Override
  public Future<?> start() {
    threads.start();
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    return vertx.executeBlocking(() -> {
      threads.stop();
      return null;
    });
  }
}
