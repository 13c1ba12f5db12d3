package io.sallyport.proxy;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.buffer.ByteBufAllocator;
import io.sallyport.agent.AgentOptions;
import io.sallyport.agent.AgentStat;
import io.sallyport.agent.AgentVerticle;
import io.sallyport.audit.AuditStat;
import io.sallyport.cluster.ClusterStatistics;
import io.sallyport.cluster.JoinException;
import io.sallyport.cluster.KeyringOperations;
import io.sallyport.config.AdminConfig;
import io.sallyport.config.ClusterConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.HostPort;
import io.sallyport.config.ListenerConfig;
import io.sallyport.config.ProxyConfig;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.proxy.admin.AdminServer;
import io.sallyport.proxy.admin.AdminToken;
import io.sallyport.proxy.admin.KeysHandler;
import io.sallyport.proxy.admin.StatisticsJson;
import io.sallyport.proxy.stat.MemberStatistics;
import io.sallyport.proxy.stat.Statistics;
import io.sallyport.proxy.transport.EventLoops;
import io.sallyport.proxy.transport.RecordBuffers;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// One running process: its place in the cluster if there is one, the agent, a proxy verticle per
/// event loop, the admin server.
///
/// Thread-safe: its own state does not change once it has started.
public final class Member {
  private static final System.Logger LOG = System.getLogger("sallyport");

  private final ProxyConfig config;
  private final Vertx vertx;

  /// Set once, while it starts.
  private volatile Optional<ClusterStatistics> clusterStatistics = Optional.empty();

  /// Set once, while it starts.
  private volatile Supplier<AgentStat> agentStat = () -> AgentStat.NONE;

  /// Of a process that is no member of a cluster; empty in one that is.
  private final KeyringStore keyrings;

  /// Closed last, when nothing runs on it any more.
  private final Optional<ClusterPart> cluster;

  /// Added to while Vert.x deploys, on a thread of its own choice.
  private final List<ProxyVerticle> verticles = new CopyOnWriteArrayList<>();

  private Member(
      ProxyConfig config, KeyringStore keyrings, Optional<ClusterPart> cluster, Vertx vertx) {
    this.config = config;
    this.keyrings = keyrings;
    this.cluster = cluster;
    this.vertx = vertx;
  }

  /// Starts everything the configuration asks for. Completes when all listeners accept. When one of
  /// them cannot be bound, or the cluster cannot be joined, nothing stays behind, and the failure's
  /// message says which and why, in one line.
  ///
  /// Takes ownership of `keyrings`. A member of a cluster takes its keyrings from the cluster, into
  /// which it brings those of the configuration, and closes `keyrings` at once.
  public static Future<Member> start(ProxyConfig config, KeyringStore keyrings) {
    return switch (config.cluster()) {
      case ClusterConfig.Off() ->
          new Member(config, keyrings, Optional.empty(), EventLoops.alone(config.node())).start();
      case ClusterConfig.Member cluster -> join(config, cluster, keyrings);
    };
  }

  /// Joining blocks, so it has a thread, which ends once everything has started.
  private static Future<Member> join(
      ProxyConfig config, ClusterConfig.Member cluster, KeyringStore keyrings) {
    Promise<Member> started = Promise.promise();
    Thread.ofPlatform()
        .name("cluster-join")
        .start(() -> {
          keyrings.close();
          try {
            ClusterPart part = ClusterPart.open(config, cluster, encryptionKeys(cluster));
            EventLoops.clustered(config.node(), part.membership())
                .onSuccess(vertx ->
                    new Member(config, keyrings, Optional.of(part), vertx)
                        .start()
                        .onComplete(started))
                .onFailure(cause ->
                    close(part, () -> started.fail(part.membership().eventBusFailed(cause))));
          } catch (JoinException | RuntimeException e) {
            started.fail(e);
          }
        });
    return started.future();
  }

  private static KeyEncryptionKeys encryptionKeys(ClusterConfig.Member cluster)
      throws JoinException {
    return switch (EncryptionKeys.load(cluster)) {
      case EncryptionKeys.Loaded(KeyEncryptionKeys keys, List<String> warnings) -> {
        warnings.forEach(warning -> LOG.log(Level.WARNING, warning));
        yield keys;
      }
      case EncryptionKeys.Rejected(List<ConfigError> errors) ->
          throw new JoinException(
              errors.stream().map(ConfigError::message).collect(Collectors.joining("\n")));
    };
  }

  private Future<Member> start() {
    Promise<Member> started = Promise.promise();
    deploy()
        .onSuccess(_ -> started.complete(this))
        .onFailure(cause -> close().onComplete(_ -> started.fail(cause)));
    return started.future();
  }

  private Future<?> deploy() {
    AeadBackend backend = AeadBackend.probe();
    LOG.log(Level.INFO, "record layer: " + backend.description());
    if (!vertx.isNativeTransportEnabled()) {
      LOG.log(Level.INFO, "transport: NIO, epoll is not available here");
    }
    warnOfDescriptors();
    HeapGrowth.bound(vertx);
    ByteBufAllocator allocator = RecordBuffers.pool(config.node().eventLoops());
    return deployAgent(allocator, backend)
        .compose(agent -> {
          agentStat = agent.stat();
          return deployProxies(agent.handshakes(), allocator, backend);
        })
        .compose(_ -> startClusterStatistics())
        .compose(_ -> startAdmin());
  }

  private Future<DeployedAgent> deployAgent(ByteBufAllocator allocator, AeadBackend backend) {
    if (cluster.isPresent()) {
      return cluster.get().deploy(vertx, allocator, backend);
    }
    AgentVerticle agent = new AgentVerticle(keyrings, AgentOptions.defaults());
    return vertx.deployVerticle(agent).map(_ -> new DeployedAgent(agent.service(), agent::stat));
  }

  private Future<?> deployProxies(
      HandshakeService handshakes, ByteBufAllocator allocator, AeadBackend backend) {
    ProxyVerticle.Shared shared =
        ProxyVerticle.Shared.of(vertx, config, backend, allocator, handshakes);
    return vertx.deployVerticle(
        () -> {
          ProxyVerticle verticle = new ProxyVerticle(shared);
          verticles.add(verticle);
          return verticle;
        },
        new DeploymentOptions().setInstances(config.node().eventLoops()));
  }

  private Future<?> startClusterStatistics() {
    if (cluster.isEmpty()) {
      return Future.succeededFuture();
    }
    return ClusterStatistics.start(
            vertx,
            cluster.get().membership(),
            () -> statistics().map(StatisticsJson::counters),
            StatisticsJson::isGauge)
        .onSuccess(started -> clusterStatistics = Optional.of(started));
  }

  /// Each connection takes two descriptors; running out of them stops accepting.
  private void warnOfDescriptors() {
    long wanted = 0;
    for (ListenerConfig listener : config.listeners()) {
      wanted += 2L * listener.maxconn();
    }
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        && system.getMaxFileDescriptorCount() < wanted) {
      LOG.log(
          Level.WARNING,
          "the listeners may have {0} descriptors open, found a limit of {1}; raise it (ulimit -n, or"
              + " LimitNOFILE under systemd) or lower maxconn",
          wanted,
          system.getMaxFileDescriptorCount());
    }
  }

  private Future<?> startAdmin() {
    return switch (config.admin()) {
      case AdminConfig.Listen(HostPort address) ->
          keysHandler()
              .compose(keys ->
                  new AdminServer(
                          vertx,
                          address,
                          this::statistics,
                          clusterStatistics.map(all -> all::collect),
                          keys)
                      .listen())
              .onSuccess(bound -> LOG.log(Level.INFO, "admin: http://" + bound));
      case AdminConfig.Off() -> Future.succeededFuture();
    };
  }

  /// The keyrings of a cluster can be changed while it runs; those of a config file are as the file
  /// says.
  private Future<Optional<KeysHandler>> keysHandler() {
    return cluster.isPresent()
        ? vertx
            .executeBlocking(() -> AdminToken.write(config.node().dataDir()))
            .map(token ->
                Optional.of(
                    new KeysHandler(
                        vertx,
                        Objects.requireNonNull(token),
                        new KeyringOperations(
                            cluster.get().store(), new SecureRandom(), InstantSource.system()))))
        : Future.succeededFuture(Optional.empty());
  }

  /// The address of each listener by its name, as bound.
  public Future<Map<String, HostPort>> addresses() {
    return verticles.getFirst().addresses();
  }

  /// What this process has counted so far.
  public Future<MemberStatistics> statistics() {
    return Future.all(verticles.stream().map(ProxyVerticle::statistics).toList())
        .map(parts ->
            new MemberStatistics(
                Statistics.sum(parts.list()),
                agentStat.get(),
                cluster.map(ClusterPart::auditStat).orElse(AuditStat.NONE)));
  }

  /// Stops accepting, lets connections finish for as long as the configuration allows, then closes
  /// what is left and gives everything back. Completes when that is done.
  public Future<Void> drain() {
    Duration timeout = config.node().drainTimeout();
    LOG.log(Level.INFO, "draining: no new connections, up to " + timeout.toSeconds() + " s");
    Promise<Void> drained = Promise.promise();
    Future.join(verticles.stream().map(verticle -> verticle.drain(timeout)).toList())
        .onComplete(_ -> close().onComplete(drained));
    return drained.future();
  }

  /// Answers with promises of its own: those of Vert.x end with the event loops they belong to.
  private Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    clusterStatistics
        .map(ClusterStatistics::stop)
        .orElseGet(Future::succeededFuture)
        .onComplete(_ -> vertx.close().onComplete(_ -> giveBack(closed)));
    return closed.future();
  }

  private void giveBack(Promise<Void> closed) {
    if (cluster.isPresent()) {
      close(cluster.get(), closed::complete);
    } else {
      keyrings.close();
      closed.complete();
    }
  }

  /// Leaving blocks, as joining does.
  private static void close(ClusterPart cluster, Runnable done) {
    Thread.ofPlatform()
        .name("cluster-leave")
        .start(() -> {
          cluster.close();
          done.run();
        });
  }
}
