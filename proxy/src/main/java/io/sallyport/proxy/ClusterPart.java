package io.sallyport.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.sallyport.agent.AgentOptions;
import io.sallyport.agent.AgentSharing;
import io.sallyport.agent.AgentVerticle;
import io.sallyport.audit.AuditLog;
import io.sallyport.audit.AuditOptions;
import io.sallyport.audit.AuditStat;
import io.sallyport.audit.KeyAudit;
import io.sallyport.cluster.ClusterKeyringStore;
import io.sallyport.cluster.ClusterMember;
import io.sallyport.cluster.ClusterTicketRings;
import io.sallyport.cluster.JoinException;
import io.sallyport.cluster.KeyringException;
import io.sallyport.cluster.Membership;
import io.sallyport.config.ClusterConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import io.sallyport.config.ProxyConfig;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.keyring.KeyringManifest;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.link.LinkKeyring;
import io.sallyport.link.MemberLinks;
import io.sallyport.link.SharedKeyring;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a member of a cluster has beside what every process has: its membership, the keyrings of
/// the cluster, the audit log, and the links to other members.
///
/// Opening and closing block, so they do not belong on an event loop. Thread-safe.
final class ClusterPart {
  private static final System.Logger LOG = System.getLogger("sallyport.cluster");

  /// Listeners wait so long for their keyrings, which other members may hold; then they open
  /// anyway.
  private static final int KEYRINGS_WAIT_MS = 10_000;

  private final ProxyConfig config;
  private final ClusterConfig.Member cluster;
  private final Membership membership;
  private final KeyEncryptionKeys keys;
  private final ClusterKeyringStore store;
  private final KeyAudit audit;
  private final KeyringStore linkKeys = new LocalKeyringStore();
  private final KeyringImport imports;

  private ClusterPart(
      ProxyConfig config,
      ClusterConfig.Member cluster,
      Membership membership,
      KeyEncryptionKeys keys,
      ClusterKeyringStore store,
      KeyAudit audit) {
    this.config = config;
    this.cluster = cluster;
    this.membership = membership;
    this.keys = keys;
    this.store = store;
    this.audit = audit;
    imports = new KeyringImport(config, store, keys.isEmpty());
  }

  /// Joins the cluster, opens what this member can open, and brings the config's keyrings in.
  ///
  /// @param keys taken over, also when it fails
  /// @throws JoinException one line
  static ClusterPart open(ProxyConfig config, ClusterConfig.Member cluster, KeyEncryptionKeys keys)
      throws JoinException {
    String name = config.node().name();
    AuditLog log = null;
    Membership membership = null;
    try {
      log = keys.isEmpty() ? null : AuditLog.open(config.node().dataDir(), name, auditOptions());
      membership = Membership.join(cluster, name);
      ClusterKeyringStore store = ClusterKeyringStore.open(membership, keys);
      ClusterPart part =
          new ClusterPart(config, cluster, membership, keys, store, new KeyAudit(log, name));
      part.loadLinkKeys();
      part.imports.start();
      return part;
    } catch (IOException | KeyringException e) {
      giveUp(log, membership, keys);
      throw new JoinException(String.valueOf(e.getMessage()));
    } catch (JoinException | RuntimeException e) {
      giveUp(log, membership, keys);
      throw e;
    }
  }

  private static AuditOptions auditOptions() {
    return AuditOptions.defaults();
  }

  private static void giveUp(
      @Nullable AuditLog log, @Nullable Membership membership, KeyEncryptionKeys keys) {
    if (membership != null) {
      membership.leave();
    }
    if (log != null) {
      log.close();
    }
    keys.close();
  }

  private void loadLinkKeys() throws JoinException {
    if (cluster.link() instanceof MemberLinkConfig.Secured link) {
      List<ConfigError> errors = LinkKeyring.load(link.chain(), link.key(), link.ca(), linkKeys);
      if (!errors.isEmpty()) {
        close();
        throw new JoinException(
            errors.stream().map(ConfigError::message).collect(Collectors.joining("\n")));
      }
    }
  }

  Membership membership() {
    return membership;
  }

  /// The keyrings that this member opens.
  ClusterKeyringStore store() {
    return store;
  }

  /// Starts the agent and, unless the cluster is an insecure one, the links. Completes when the
  /// keyrings of all listeners can be used, or after ten seconds.
  Future<DeployedAgent> deploy(Vertx vertx, ByteBufAllocator allocator, AeadBackend backend) {
    ClusterTicketRings rings =
        new ClusterTicketRings(membership, keys, InstantSource.system(), new SecureRandom());
    return switch (cluster.link()) {
      case MemberLinkConfig.Insecure() -> {
        AgentVerticle agent =
            new AgentVerticle(store, AgentOptions.defaults(), new AgentSharing(rings, audit));
        yield vertx.deployVerticle(agent).map(_ -> new DeployedAgent(agent.service(), agent::stat));
      }
      case MemberLinkConfig.Secured(HostPort bind, _, _, _) -> {
        MemberLinks links =
            new MemberLinks(
                new MemberLinks.Options(
                    config.node().name(),
                    bind,
                    linkKeys,
                    store,
                    this::shared,
                    cluster.holders(),
                    rings,
                    audit,
                    allocator,
                    backend),
                AgentOptions.defaults());
        yield vertx
            .deployVerticle(links)
            .recover(cause -> Future.failedFuture(linkFailed(bind, cause)))
            .compose(_ -> follow(vertx, links))
            .map(_ -> new DeployedAgent(links.handshakes(), links::stat));
      }
    };
  }

  /// What the audit log has counted; nothing where this member keeps none.
  AuditStat auditStat() {
    return audit.stat();
  }

  private static JoinException linkFailed(HostPort bind, Throwable cause) {
    return new JoinException(
        "cluster.link: cannot listen on "
            + bind
            + " ("
            + cause.getMessage()
            + "); choose an address of this machine and a port that nobody has");
  }

  /// What others may use of the keyrings that this member opens.
  private List<SharedKeyring> shared() {
    return store.manifests().stream().map(ClusterPart::shared).toList();
  }

  private static SharedKeyring shared(KeyringManifest manifest) {
    KeyringSharing sharing = manifest.sharing();
    return new SharedKeyring(
        manifest.name(),
        manifest.version(),
        sharing.mode() == KeyringSharing.Mode.RELAY,
        sharing.tickets() == KeyringSharing.Tickets.SEALED,
        new HashSet<>(sharing.grants()));
  }

  private Future<Void> follow(Vertx vertx, MemberLinks links) {
    membership.onChange(() -> links.setMembers(others()));
    links.setMembers(others());
    return awaitKeyrings(vertx, links);
  }

  private Map<String, HostPort> others() {
    Map<String, HostPort> others = new HashMap<>();
    for (ClusterMember member : membership.members()) {
      if (!member.name().equals(config.node().name())) {
        member.link().ifPresent(address -> others.put(member.name(), address));
      }
    }
    return others;
  }

  private Future<Void> awaitKeyrings(Vertx vertx, MemberLinks links) {
    Set<String> wanted =
        config.listeners().stream()
            .map(listener -> listener.tls().keyring())
            .collect(Collectors.toSet());
    Promise<Void> waited = Promise.promise();
    long timer =
        vertx.setTimer(
            KEYRINGS_WAIT_MS,
            _ -> {
              wanted.stream()
                  .filter(keyring -> !links.canServe(keyring))
                  .forEach(ClusterPart::warnOfMissing);
              waited.tryComplete();
            });
    links
        .whenServing(wanted)
        .onSuccess(_ -> {
          vertx.cancelTimer(timer);
          waited.tryComplete();
        });
    return waited.future();
  }

  private static void warnOfMissing(String keyring) {
    LOG.log(
        Level.WARNING,
        "keyring {0}: no member of cluster.holders that can be reached has it for this one; its"
            + " handshakes are refused until one does",
        keyring);
  }

  /// Leaves the cluster and wipes what is held of it. Blocks.
  void close() {
    imports.stop();
    store.close();
    membership.leave();
    if (audit.log() != null) {
      audit.log().close();
    }
    linkKeys.close();
    keys.close();
  }
}
