package io.sallyport.config;

import java.util.List;

/// Whether this process is a member of a cluster.
public sealed interface ClusterConfig {
  /// It is not: the keyrings are those of the file.
  record Off() implements ClusterConfig {}

  /// It is. The member's own name is [NodeConfig#name()].
  ///
  /// @param name of the cluster; members with another one are never joined
  /// @param bind where the member listens for the others: an address, and not that of all
  ///   interfaces, because the others are told to connect to it; two ports above its own are the
  ///   member's, too, so it is at most 65533
  /// @param discovery how members find each other; a list of them has `bind`
  /// @param quorum how many members have to be there for keys to be changed; at least a majority of
  ///   the members where they are listed, so that no two parts of a cluster change keys
  /// @param backups on how many more members each entry is kept, 0 to 6
  /// @param keyEncryptionKeys the first wraps, all of them unwrap; each once; empty: the member is
  ///   an edge, which opens no keyring
  /// @param holders whom keyrings are taken from; nobody where the link is insecure
  record Member(
      String name,
      HostPort bind,
      DiscoveryConfig discovery,
      int quorum,
      int backups,
      List<KeyEncryptionKeyConfig> keyEncryptionKeys,
      HoldersConfig holders,
      MemberLinkConfig link)
      implements ClusterConfig {
    public static final int DEFAULT_BACKUPS = 1;

    /// The event bus has the next port, and the link the one after it unless the config says else.
    static final int BIND_PORT_MAX = HostPort.PORT_MAX - 2;

    public Member {
      Names.check(name);
      checkBind(bind);
      if (!includes(discovery, bind)) {
        throw new IllegalArgumentException("members without " + bind);
      }
      quorums(discovery).check("quorum", quorum);
      Range.BACKUPS.check("backups", backups);
      keyEncryptionKeys = List.copyOf(keyEncryptionKeys);
      Unique.check("key-encryption-key", keyEncryptionKeys, KeyEncryptionKeyConfig::source);
      if (link instanceof MemberLinkConfig.Insecure && !(holders instanceof HoldersConfig.Nobody)) {
        throw new IllegalArgumentException("holders without a link to them");
      }
    }

    /// Whether keyrings that the config does not define can be used: opened here, or taken from
    /// other members.
    public boolean usesKeyringsOfCluster() {
      return !keyEncryptionKeys.isEmpty() || !(holders instanceof HoldersConfig.Nobody);
    }

    /// Where the member's event bus listens: beside [#bind()], one port above.
    public HostPort eventBus() {
      return eventBus(bind);
    }

    static HostPort eventBus(HostPort bind) {
      return new HostPort(bind.host(), bind.port() + 1);
    }

    static HostPort defaultLink(HostPort bind) {
      return new HostPort(bind.host(), bind.port() + 2);
    }

    static HostPort checkBind(HostPort bind) {
      MemberLinkConfig.checkBind(bind);
      if (bind.port() > BIND_PORT_MAX) {
        throw new IllegalArgumentException("port " + bind.port() + " without two above it");
      }
      return bind;
    }

    static boolean includes(DiscoveryConfig discovery, HostPort bind) {
      return switch (discovery) {
        case DiscoveryConfig.Members(List<HostPort> members) ->
            members.stream().anyMatch(member -> member.identity().equals(bind.identity()));
        case DiscoveryConfig.Multicast _, DiscoveryConfig.Kubernetes _ -> true;
      };
    }

    static Range<Integer> quorums(DiscoveryConfig discovery) {
      return switch (discovery) {
        case DiscoveryConfig.Members(List<HostPort> members) ->
            new Range<>(members.size() / 2 + 1, members.size());
        case DiscoveryConfig.Multicast _, DiscoveryConfig.Kubernetes _ -> Range.QUORUM;
      };
    }
  }
}
