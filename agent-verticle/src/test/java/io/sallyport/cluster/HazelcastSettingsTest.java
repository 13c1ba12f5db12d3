package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.spi.merge.PutIfAbsentMergePolicy;
import io.sallyport.config.ClusterConfig;
import io.sallyport.config.DiscoveryConfig;
import io.sallyport.config.HoldersConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What Hazelcast is told, where running members do not show it.
final class HazelcastSettingsTest {
  private static final Pattern IN_USE =
      Pattern.compile(
          "com\\.hazelcast\\.(core|spi\\.exception|splitbrainprotection|partition"
              + "|internal\\.cluster\\.impl|internal\\.partition)\\.\\w+Exception");

  private static final HostPort BIND = new HostPort("10.0.0.1", 5701);

  private static Config config(DiscoveryConfig discovery, int quorum) {
    ClusterConfig.Member member =
        new ClusterConfig.Member(
            "inner",
            BIND,
            discovery,
            quorum,
            2,
            List.of(),
            new HoldersConfig.Nobody(),
            new MemberLinkConfig.Insecure());
    return HazelcastSettings.of(member, "edge-1", "id");
  }

  private static JoinConfig join(DiscoveryConfig discovery) {
    return config(discovery, 2).getAdvancedNetworkConfig().getJoin();
  }

  /// Which ways to find each other are on: list, multicast, Kubernetes, guessing.
  private static List<Boolean> ways(JoinConfig join) {
    return List.of(
        join.getTcpIpConfig().isEnabled(),
        join.getMulticastConfig().isEnabled(),
        join.getKubernetesConfig().isEnabled(),
        join.getAutoDetectionConfig().isEnabled());
  }

  @Test
  void membersFindEachOtherInTheOneWayOfTheConfig() {
    JoinConfig list =
        join(new DiscoveryConfig.Members(List.of(BIND, new HostPort("edge-2.internal", 5702))));
    assertThat(ways(list)).containsExactly(true, false, false, false);
    assertThat(list.getTcpIpConfig().getMembers())
        .containsExactly("10.0.0.1:5701", "edge-2.internal:5702");

    JoinConfig multicast = join(new DiscoveryConfig.Multicast(new HostPort("224.2.2.3", 54327)));
    assertThat(ways(multicast)).containsExactly(false, true, false, false);
    assertThat(multicast.getMulticastConfig().getMulticastGroup()).isEqualTo("224.2.2.3");
    assertThat(multicast.getMulticastConfig().getMulticastPort()).isEqualTo(54327);

    JoinConfig kubernetes = join(new DiscoveryConfig.Kubernetes("sallyport.svc"));
    assertThat(ways(kubernetes)).containsExactly(false, false, true, false);
    assertThat(kubernetes.getKubernetesConfig().getProperties())
        .containsEntry("service-dns", "sallyport.svc")
        .containsEntry("service-port", "5701");
  }

  @Test
  void onlyMembersAreSpokenToAndNothingIsToldAnybody() {
    Config config = config(new DiscoveryConfig.Kubernetes("a"), 2);

    assertThat(config.getAdvancedNetworkConfig().isEnabled()).isTrue();
    assertThat(config.getAdvancedNetworkConfig().getEndpointConfigs())
        .containsOnlyKeys(EndpointQualifier.MEMBER);
    assertThat(config.getProperty("hazelcast.phone.home.enabled")).isEqualTo("false");
    assertThat(config.getProperty("hazelcast.jmx")).isEqualTo("false");
    assertThat(config.getProperty("hazelcast.diagnostics.enabled")).isEqualTo("false");
    assertThat(config.getMetricsConfig().isEnabled()).isFalse();
    assertThat(config.getJetConfig().isEnabled()).isFalse();
    assertThat(config.getManagementCenterConfig().isScriptingEnabled()).isFalse();
  }

  @Test
  void mapsOfKeysAreGuardedAndPartsThatMeetLoseNothing() {
    Config config = config(new DiscoveryConfig.Kubernetes("a"), 3);
    assertThat(config.getSplitBrainProtectionConfigs()).hasSize(1);
    for (String guarded : HazelcastSettings.GUARDED) {
      MapConfig map = config.findMapConfig(guarded);
      assertThat(
              config
                  .findSplitBrainProtectionConfig(map.getSplitBrainProtectionName())
                  .getMinimumClusterSize())
          .isEqualTo(3);
      assertThat(map.getBackupCount()).isEqualTo(2);
      assertThat(map.getMergePolicyConfig().getPolicy())
          .isEqualTo(
              HazelcastSettings.VERSIONED.contains(guarded)
                  ? NewestMergePolicy.class.getName()
                  : PutIfAbsentMergePolicy.class.getName());
    }
    MapConfig other = config.findMapConfig("sallyport.statistics");
    assertThat(other.getSplitBrainProtectionName()).isNull();
    assertThat(other.getBackupCount()).isEqualTo(2);
    assertThat(other.getMergePolicyConfig().getPolicy())
        .isEqualTo(PutIfAbsentMergePolicy.class.getName());
  }

  /// Goal: a member that asks at a bad time hears so, and asks again. Method: every exception of
  /// the packages whose services are in use passes the filter; one that does not is an answer that
  /// never comes.
  @Test
  void everyAnswerThatATroubledMemberGivesPassesTheFilter() throws Exception {
    ClassFilter passed =
        config(new DiscoveryConfig.Kubernetes("a"), 2)
            .getSerializationConfig()
            .getJavaSerializationFilterConfig()
            .getWhitelist();
    Path jar = Path.of(Config.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (JarFile classes = new JarFile(jar.toFile())) {
      List<String> exceptions =
          classes.stream()
              .map(entry -> entry.getName().replace('/', '.').replace(".class", ""))
              .filter(name -> IN_USE.matcher(name).matches())
              .toList();
      assertThat(exceptions).hasSizeGreaterThan(20);
      assertThat(exceptions).allSatisfy(name -> assertThat(passed.isListed(name)).isTrue());
    }
  }
}
