package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import com.hazelcast.splitbrainprotection.SplitBrainProtection;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.sallyport.config.FilePath;
import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import io.sallyport.config.Position;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serial;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Members in one process, each with an address of its own, come, share and go.
final class MembershipTest {
  private static final MemberLinkConfig INSECURE = new MemberLinkConfig.Insecure();

  /// What nobody may make this process read.
  static final class Gadget implements Serializable {
    @Serial private static final long serialVersionUID = 1L;
    static final AtomicBoolean READ = new AtomicBoolean();

    @Serial
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      READ.set(true);
    }
  }

  @Test
  void membersAreOneClusterAndALaterOneOfTheSameNameIsRefused() throws JoinException {
    try (TestCluster cluster = new TestCluster(3)) {
      Membership first = cluster.join(1);
      Membership second = cluster.join(2);

      assertThat(first.members()).containsExactly(first.self(), second.self());
      assertThat(second.self().name()).isEqualTo("member-2");
      assertThat(second.self().link()).isEmpty();
      assertThat(first.self().incarnation()).isNotEqualTo(second.self().incarnation());

      assertThatThrownBy(() -> cluster.join(cluster.config(3, INSECURE), "member-2"))
          .isInstanceOf(JoinException.class)
          .hasMessage(
              "node.name: cluster test has a member member-2 at %s already; give this one a name of"
                  + " its own, or wait until that one is gone",
              cluster.bind(2))
          .hasNoCause();
      TestCluster.eventually(() -> first.members().size() == 2);

      Membership third = cluster.join(3);
      TestCluster.eventually(() -> second.members().size() == 3);
      assertThat(second.members()).containsExactly(first.self(), second.self(), third.self());
    }
  }

  @Test
  void aMemberOfAnotherClusterIsNotJoined() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      Membership ours = cluster.join(1);
      Membership other = cluster.join(cluster.config("other", 2, INSECURE), "member-2");

      assertThat(ours.members()).containsExactly(ours.self());
      assertThat(other.members()).containsExactly(other.self());
    }
  }

  @Test
  void aPortThatIsTakenIsOneLine() throws Exception {
    try (TestCluster cluster = new TestCluster(1);
        ServerSocket taken = new ServerSocket()) {
      HostPort bind = cluster.bind(1);
      taken.bind(new InetSocketAddress(bind.host(), bind.port()));

      assertThatThrownBy(() -> cluster.join(1))
          .isInstanceOf(JoinException.class)
          .hasMessage(
              "cluster.bind: cannot listen on %s (Address already in use); choose an address of this"
                  + " machine and a port that nobody has",
              bind);
    }
  }

  @Test
  void onlyTheGivenAddressIsListenedOn() throws Exception {
    try (TestCluster cluster = new TestCluster(1)) {
      Membership member = cluster.join(1);
      cluster.vertx(member);
      int port = cluster.bind(1).port();

      for (int offset : new int[] {0, 1}) {
        try (Socket socket = new Socket()) {
          socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port + offset));
        }
        try (Socket socket = new Socket()) {
          assertThatThrownBy(() ->
                  socket.connect(
                      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.9"), port + offset)))
              .isInstanceOf(IOException.class);
        }
      }
    }
  }

  @Test
  void aMemberSaysWhereItsLinkIs() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      // Nobody opens them before there is an event bus.
      FilePath none = new FilePath(Path.of("/none"), new Position(Path.of("s.yaml"), 1, 1));
      Membership linked =
          cluster.join(
              1, new MemberLinkConfig.Secured(new HostPort("127.0.0.1", 1), none, none, none));
      Membership plain = cluster.join(2);

      assertThat(plain.members().getFirst().link())
          .isEqualTo(Optional.of(new HostPort("127.0.0.1", 1)));
      assertThat(linked.members()).hasSize(2);
    }
  }

  @Test
  void noClassOfOursIsReadFromAnotherMember() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      IMap<String, Object> ours = cluster.join(1).hazelcast().getMap("sallyport.test");
      IMap<String, Object> theirs = cluster.join(2).hazelcast().getMap("sallyport.test");
      theirs.set("gadget", new Gadget());
      theirs.set("text", "text");
      theirs.set("bytes", new byte[] {1, 2});
      theirs.set("number", 3L);

      assertThatThrownBy(() -> ours.get("gadget"))
          .hasRootCauseInstanceOf(SecurityException.class)
          .hasRootCauseMessage("Resolving class " + Gadget.class.getName() + " is not allowed.");
      assertThat(Gadget.READ).isFalse();
      assertThat(ours.get("text")).isEqualTo("text");
      assertThat(ours.get("bytes")).isEqualTo(new byte[] {1, 2});
      assertThat(ours.get("number")).isEqualTo(3L);
    }
  }

  @Test
  void belowTheQuorumKeysAreReadAndNotWritten() throws JoinException {
    try (TestCluster cluster = new TestCluster(3)) {
      Membership last = cluster.join(1);
      Membership second = cluster.join(2);
      Membership third = cluster.join(3);
      HazelcastInstance hazelcast = last.hazelcast();
      IMap<String, byte[]> keyrings = hazelcast.getMap("sallyport.keyrings");
      keyrings.set("web", new byte[] {1});

      TestCluster.kill(second);
      TestCluster.eventually(() -> last.members().size() == 2);
      keyrings.set("web", new byte[] {2});
      // A backup that is not there yet cannot take over.
      TestCluster.eventually(hazelcast.getPartitionService()::isClusterSafe);
      TestCluster.kill(third);
      TestCluster.eventually(() -> last.members().size() == 1);
      // Who is there is known a moment before what that means for the quorum.
      TestCluster.eventually(() -> !quorum(hazelcast, HazelcastSettings.QUORUM).hasMinimumSize());

      for (String guarded : HazelcastSettings.GUARDED) {
        IMap<String, byte[]> map = hazelcast.getMap(guarded);
        assertThatThrownBy(() -> map.set("web", new byte[] {3}))
            .isInstanceOf(SplitBrainProtectionException.class);
        assertThatThrownBy(() -> map.remove("web"))
            .isInstanceOf(SplitBrainProtectionException.class);
      }
      assertThat(keyrings.get("web")).isEqualTo(new byte[] {2});
      hazelcast.<String, Long>getMap("sallyport.statistics").set("count", 1L);
    }
  }

  private static SplitBrainProtection quorum(HazelcastInstance hazelcast, String name) {
    return hazelcast.getSplitBrainProtectionService().getSplitBrainProtection(name);
  }
}
