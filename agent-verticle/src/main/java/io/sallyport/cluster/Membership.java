package io.sallyport.cluster;

import com.hazelcast.cluster.Cluster;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import io.sallyport.config.ClusterConfig;
import io.sallyport.config.DiscoveryConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/// This process as a member of its cluster, from [#join] to [#leave].
///
/// Owns the Hazelcast member, and says when others come and go. [#clusterManager()] makes a Vert.x
/// that runs on it; that Vert.x has to be closed before this member leaves.
///
/// Thread-safe. Joining and leaving block, up to some seconds, so they do not belong on an event
/// loop.
public final class Membership {
  private static final System.Logger LOG = System.getLogger("sallyport.cluster");

  /// Hazelcast says in dozens of lines, and with stack traces, what is said here in one. A level
  /// that the operator has set stays. Held, because a logger that nobody holds forgets its level.
  private static final Logger HAZELCAST_LOG = Logger.getLogger("com.hazelcast");

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,63}");
  private static final int CONNECT_TIMEOUT_MS = 3_000;
  private static final int PING_MS = 5_000;

  private final ClusterConfig.Member config;
  private final String name;
  private final HazelcastInstance hazelcast;

  private Membership(ClusterConfig.Member config, String name, HazelcastInstance hazelcast) {
    this.config = config;
    this.name = name;
    this.hazelcast = hazelcast;
  }

  /// Joins the others, or begins a cluster when none of them can be reached.
  ///
  /// @param name the member's own, `node.name`
  /// @throws JoinException when the address cannot be bound, or another member has that name
  public static Membership join(ClusterConfig.Member config, String name) throws JoinException {
    checkAddress(config.bind());
    if (HAZELCAST_LOG.getLevel() == null) {
      HAZELCAST_LOG.setLevel(java.util.logging.Level.OFF);
    }
    Membership membership;
    try {
      Config settings = HazelcastSettings.of(config, name, UUID.randomUUID().toString());
      membership = new Membership(config, name, Hazelcast.newHazelcastInstance(settings));
    } catch (HazelcastException | IllegalStateException e) {
      throw new JoinException(
          "cluster " + config.name() + ": cannot start on " + config.bind() + " (" + line(e) + ")");
    }
    membership.checkName();
    membership.announce();
    return membership;
  }

  private static void checkAddress(HostPort bind) throws JoinException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(bind.host(), bind.port()));
    } catch (IOException e) {
      throw new JoinException(
          "cluster.bind: cannot listen on "
              + bind
              + " ("
              + line(e)
              + "); choose an address of this machine and a port that nobody has");
    }
  }

  /// Members are in the order in which they came, the same for all of them, so of two with one name
  /// exactly the later one refuses.
  private void checkName() throws JoinException {
    for (Member member : hazelcast.getCluster().getMembers()) {
      if (member.localMember()) {
        return;
      }
      if (name.equals(name(member))) {
        String other = address(member);
        leave();
        throw new JoinException(
            "node.name: cluster "
                + config.name()
                + " has a member "
                + name
                + " at "
                + other
                + " already; give this one a name of its own, or wait until that one is gone");
      }
    }
  }

  private void announce() {
    Cluster cluster = hazelcast.getCluster();
    cluster.addMembershipListener(new Log());
    List<ClusterMember> members = members();
    if (members.size() == 1 && config.discovery() instanceof DiscoveryConfig.Members(var all)) {
      List<HostPort> others = all.stream().filter(one -> !one.equals(config.bind())).toList();
      if (!others.isEmpty()) {
        LOG.log(
            Level.WARNING,
            "cluster {0}: no other member at {1}; alone until one comes that has the same cluster"
                + " name",
            config.name(),
            others);
      }
    }
    LOG.log(
        Level.INFO,
        "cluster {0}: {1} at {2} is a member, with {3}",
        config.name(),
        name,
        config.bind(),
        members.stream().map(ClusterMember::name).filter(one -> !one.equals(name)).toList());
  }

  /// Says who comes and goes.
  private final class Log implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      if (name(event.getMember()).equals(name)) {
        LOG.log(
            Level.WARNING,
            "cluster {0}: the member at {1} is called {2} as this one is; each needs its own"
                + " node.name",
            config.name(),
            address(event.getMember()),
            name);
      }
      log("joined", event);
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      log("left", event);
    }

    private void log(String what, MembershipEvent event) {
      int count = event.getMembers().size();
      LOG.log(
          count < config.quorum() ? Level.WARNING : Level.INFO,
          "cluster {0}: {1} {2}, {3} of them{4}",
          config.name(),
          name(event.getMember()),
          what,
          count,
          count < config.quorum()
              ? ", keys cannot be changed until there are " + config.quorum()
              : "");
    }
  }

  /// All members at this moment, this one too, in the order in which they came.
  public List<ClusterMember> members() {
    return hazelcast.getCluster().getMembers().stream().map(Membership::describe).toList();
  }

  private static ClusterMember describe(Member member) {
    return new ClusterMember(
        name(member),
        String.valueOf(member.getAttribute(HazelcastSettings.INCARNATION)),
        link(member));
  }

  /// Others may say anything; what is no name would do harm in a log line or a header.
  private static String name(Member member) {
    String said = String.valueOf(member.getAttribute(HazelcastSettings.NAME));
    return NAME.matcher(said).matches() ? said : "unnamed";
  }

  private static Optional<HostPort> link(Member member) {
    try {
      return Optional.ofNullable(member.getAttribute(HazelcastSettings.LINK)).map(HostPort::parse);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// Calls `listener` whenever a member has come or gone, on a thread of Hazelcast's that must not
  /// wait.
  public void onChange(Runnable listener) {
    hazelcast
        .getCluster()
        .addMembershipListener(
            new MembershipListener() {
              @Override
              public void memberAdded(MembershipEvent event) {
                listener.run();
              }

              @Override
              public void memberRemoved(MembershipEvent event) {
                listener.run();
              }
            });
  }

  /// This member, as the others see it.
  public ClusterMember self() {
    return describe(hazelcast.getCluster().getLocalMember());
  }

  /// What makes one Vert.x clustered on this membership. It does not leave the cluster when that
  /// Vert.x is closed.
  public ClusterManager clusterManager() {
    return new HazelcastClusterManager(hazelcast);
  }

  /// Where that Vert.x listens for the others, and how both sides prove to be members: TLS 1.3 with
  /// a certificate of the cluster's authorities, unless the config says `insecure`. Names are not
  /// compared: members are addressed by what they said of themselves when they joined. The files
  /// are read when it listens and when it first connects.
  public EventBusOptions eventBus() {
    HostPort bind = config.eventBus();
    EventBusOptions options =
        new EventBusOptions()
            .setHost(bind.host())
            .setPort(bind.port())
            .setClusterPublicHost(bind.host())
            .setClusterPublicPort(bind.port())
            .setConnectTimeout(CONNECT_TIMEOUT_MS)
            .setClusterPingInterval(PING_MS)
            .setClusterPingReplyInterval(PING_MS);
    return switch (config.link()) {
      case MemberLinkConfig.Insecure _ -> options;
      case MemberLinkConfig.Secured link ->
          options
              .setSsl(true)
              .setClientAuth(ClientAuth.REQUIRED)
              .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
              .setKeyCertOptions(
                  new PemKeyCertOptions()
                      .addCertPath(link.chain().path().toString())
                      .addKeyPath(link.key().path().toString()))
              .setTrustOptions(new PemTrustOptions().addCertPath(link.ca().path().toString()));
    };
  }

  /// Why a Vert.x with that event bus could not start, for an operator.
  public JoinException eventBusFailed(Throwable cause) {
    if (cause instanceof IOException) {
      return new JoinException(
          "cluster.bind: the event bus cannot listen on "
              + config.eventBus()
              + ", one port above it ("
              + line(cause)
              + "); choose a port whose next one nobody has");
    }
    if (cause instanceof HazelcastException) {
      return new JoinException(
          "cluster: no answer from the other members ("
              + cause.getClass().getSimpleName()
              + "), expected one; start again when they are well");
    }
    return new JoinException(
        "cluster.link: the event bus cannot use chain, key and ca ("
            + line(cause)
            + "); each is PEM, and the key is that of the first certificate of the chain");
  }

  /// Hands over to the others what this member holds for the cluster, then leaves. A second time it
  /// does nothing.
  public void leave() {
    hazelcast.shutdown();
  }

  /// For what of this package keeps something in the cluster.
  HazelcastInstance hazelcast() {
    return hazelcast;
  }

  private static String address(Member member) {
    return member.getAddress().getHost() + ":" + member.getAddress().getPort();
  }

  /// The first line of the message, which says what happened.
  private static String line(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
  }
}
