package io.sallyport.cluster;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.spi.merge.PutIfAbsentMergePolicy;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import io.sallyport.config.ClusterConfig;
import io.sallyport.config.DiscoveryConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import java.util.List;

/// All that Hazelcast is told. It reads no file, no environment variable and no system property of
/// its own beside this.
///
/// **What is open.** One port on one address, for members and for nobody else: no clients, no REST,
/// no memcache, no JMX, no diagnostics, no management center, and nothing is sent home.
///
/// **What is read from others.** Objects of Java serialization pass a list of allowed names: the
/// few of the JDK, and the exceptions that members answer each other with. The maps of ours hold
/// text, numbers and bytes only, and those of Vert.x need no name on it. The list does not cover
/// Hazelcast's own two formats that name a class, `DataSerializable` and Compact: these can make an
/// object of a class that is on the class path, but call nothing of it that does not read such a
/// format. They are one more reason to keep the port to the members.
///
/// **When the network splits.** Writing to what holds keys needs a quorum, reading does not. Where
/// members are listed a quorum is a majority, so at most one part of a cluster can have changed
/// anything. When parts meet again the smaller one is merged into the larger: a manifest of a newer
/// version wins, also over none. Only that keeps all keyrings, because a part can be without
/// entries whose copies were all on the other side, and the larger part need not be the one that
/// had a quorum: members that lose the oldest one may lose each other for a moment, too. No removed
/// keyring comes back, as its removal is a newer manifest. A sealed key that the other side had
/// deleted can: no manifest names it, so nobody opens it. Where members are not listed and the
/// quorum in the config is no majority, two parts may both write, and of two changes of one keyring
/// one is lost.
final class HazelcastSettings {
  /// Attributes of a member, which all others see.
  static final String NAME = "sallyport.name";

  static final String LINK = "sallyport.link";

  /// Vert.x takes its id from here; it is our incarnation, too.
  static final String INCARNATION = "__vertx.nodeId";

  /// Maps that hold keys, or what they hang on.
  static final List<String> GUARDED =
      List.of("sallyport.keyrings", "sallyport.keys", "sallyport.serials", "sallyport.tickets");

  /// Those of them whose values tell which of two is newer.
  static final List<String> VERSIONED = List.of("sallyport.keyrings", "sallyport.serials");

  private static final String ALL = "sallyport.*";
  static final String QUORUM = "sallyport.quorum";
  private static final int CONNECT_TIMEOUT_SECONDS = 3;

  /// At one in [#RETRY_MS], about 12 s of them; a member that is dead is noticed before.
  private static final int CLAIMS = 120;

  private static final int RETRY_MS = 100;

  private HazelcastSettings() {}

  static Config of(ClusterConfig.Member cluster, String name, String incarnation) {
    Config config = new Config();
    config.setInstanceName("sallyport " + incarnation);
    config.setClusterName(cluster.name());
    config
        .getMemberAttributeConfig()
        .setAttribute(NAME, name)
        .setAttribute(INCARNATION, incarnation);
    if (cluster.link() instanceof MemberLinkConfig.Secured link) {
      config.getMemberAttributeConfig().setAttribute(LINK, link.bind().toString());
    }
    listenOn(config, cluster.bind());
    discover(config.getAdvancedNetworkConfig().getJoin(), cluster);
    keepToItself(config);
    notice(config);
    config.getSerializationConfig().setJavaSerializationFilterConfig(filter());
    addMaps(config, cluster);
    return config;
  }

  /// The form with endpoints has only the one for members unless it is given more.
  private static void listenOn(Config config, HostPort bind) {
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    endpoint.setPort(bind.port()).setPortAutoIncrement(false).setPublicAddress(bind.toString());
    endpoint.setSocketKeepAlive(true);
    endpoint.setSocketConnectTimeoutSeconds(CONNECT_TIMEOUT_SECONDS);
    AdvancedNetworkConfig network = config.getAdvancedNetworkConfig();
    network.setEnabled(true).setMemberEndpointConfig(endpoint);
    config.setProperty("hazelcast.socket.bind.any", "false");
    // Not as an interface: that would hide the members whose host is a DNS name, and find no
    // address
    // that an interface answers without having it, as most of 127.0.0.0/8.
    config.setProperty("hazelcast.local.localAddress", bind.host());
  }

  private static void discover(JoinConfig join, ClusterConfig.Member cluster) {
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    switch (cluster.discovery()) {
      case DiscoveryConfig.Members(List<HostPort> members) -> {
        join.getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(CONNECT_TIMEOUT_SECONDS);
        members.forEach(member -> join.getTcpIpConfig().addMember(member.toString()));
      }
      case DiscoveryConfig.Multicast(HostPort group) ->
          join.getMulticastConfig()
              .setEnabled(true)
              .setMulticastGroup(group.host())
              .setMulticastPort(group.port());
      case DiscoveryConfig.Kubernetes(String service) ->
          join.getKubernetesConfig()
              .setEnabled(true)
              .setProperty("service-dns", service)
              .setProperty("service-port", String.valueOf(cluster.bind().port()));
    }
  }

  private static void keepToItself(Config config) {
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.logging.type", "jdk");
    config.setProperty("hazelcast.jmx", "false");
    config.setProperty("hazelcast.diagnostics.enabled", "false");
    // Ours leaves last, and in order.
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.getMetricsConfig().setEnabled(false);
    config.getManagementCenterConfig().setScriptingEnabled(false);
    config.getManagementCenterConfig().setConsoleEnabled(false);
    config.getJetConfig().setEnabled(false);
  }

  /// A dead member is out after 5 s, and parts of a cluster find each other again after 10 s.
  private static void notice(Config config) {
    config.setProperty("hazelcast.heartbeat.interval.seconds", "1");
    config.setProperty("hazelcast.max.no.heartbeat.seconds", "5");
    // Also how often each member is asked to accept a new oldest one. All have to see by themselves
    // that the old one is dead, which some do a second or two after the first, and who runs out of
    // attempts before loses members that are there.
    config.setProperty("hazelcast.mastership.claim.timeout.seconds", String.valueOf(CLAIMS));
    config.setProperty("hazelcast.merge.first.run.delay.seconds", "10");
    config.setProperty("hazelcast.merge.next.run.delay.seconds", "10");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.operation.call.timeout.millis", "10000");
    // An entry that moves to another member is waited for a little at a time.
    config.setProperty("hazelcast.invocation.retry.pause.millis", String.valueOf(RETRY_MS));
    config.setProperty("hazelcast.graceful.shutdown.max.wait", "10");
  }

  private static JavaSerializationFilterConfig filter() {
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.setDefaultsDisabled(true);
    filter
        .getWhitelist()
        .addPrefixes(
            "java.lang.",
            "[Ljava.lang.",
            "com.hazelcast.core.",
            "com.hazelcast.spi.exception.",
            "com.hazelcast.splitbrainprotection.",
            "com.hazelcast.partition.")
        .addClasses(
            // Says that a question came at a bad time and is to be asked again. An answer that is
            // filtered out is none: whoever asked waits for 20 s and fails.
            "com.hazelcast.internal.cluster.impl.ClusterTopologyChangedException",
            "com.hazelcast.internal.cluster.impl.ConfigMismatchException",
            "com.hazelcast.internal.cluster.impl.MasterNodeChangedException",
            "com.hazelcast.internal.cluster.impl.VersionMismatchException",
            "com.hazelcast.internal.partition.PartitionStateVersionMismatchException",
            "com.hazelcast.map.ReachedMaxSizeException",
            "com.hazelcast.nio.serialization.HazelcastSerializationException",
            "java.util.ArrayList",
            "java.util.ConcurrentModificationException",
            "java.util.NoSuchElementException",
            "java.util.UUID",
            "java.util.Collections$EmptyList",
            "java.util.Collections$UnmodifiableList",
            "java.util.Collections$UnmodifiableCollection",
            "java.util.concurrent.CancellationException",
            "java.util.concurrent.ExecutionException",
            "java.util.concurrent.TimeoutException",
            "java.io.IOException");
    // Of java.lang the values and exceptions, not what runs code.
    filter.getBlacklist().addPrefixes("java.lang.invoke.", "java.lang.reflect.", "java.lang.ref.");
    return filter;
  }

  private static void addMaps(Config config, ClusterConfig.Member cluster) {
    config.addMapConfig(map(ALL, cluster.backups()));
    for (String guarded : GUARDED) {
      config.addMapConfig(map(guarded, cluster.backups()));
    }
    for (String versioned : VERSIONED) {
      config
          .getMapConfig(versioned)
          .getMergePolicyConfig()
          .setPolicy(NewestMergePolicy.class.getName());
    }
    if (cluster.quorum() > 1) { // one is always there
      config.addSplitBrainProtectionConfig(
          new SplitBrainProtectionConfig(QUORUM, true)
              .setMinimumClusterSize(cluster.quorum())
              .setProtectOn(SplitBrainProtectionOn.WRITE));
      for (String guarded : GUARDED) {
        config.getMapConfig(guarded).setSplitBrainProtectionName(QUORUM);
      }
    }
    // What Vert.x's own default configuration has.
    config.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(1));
    config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(1));
    config.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs")
            .setBackupCount(1)
            .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
  }

  private static MapConfig map(String name, int backups) {
    return new MapConfig(name)
        .setBackupCount(backups)
        .setMergePolicyConfig(new MergePolicyConfig(PutIfAbsentMergePolicy.class.getName(), 100));
  }
}
