package io.sallyport.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Container.ExecResult;

/// Three holders, of which the oldest is cut off: a minority of one, and a majority that goes on.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class SplitBrainIT {
  private static final int MINORITY = 1;
  private static final int MAJORITY = 2;

  /// What a majority needs at most to see that it is one.
  private static final int QUORUM_SECONDS_MAX = 20;

  private static final int QUESTIONS_MAX = 20;

  private static final String NO_QUORUM =
      "found fewer members than the quorum, expected more: keys change when they are back";

  @TempDir private Path folder;

  @BeforeAll
  static void prepare() {
    ContainerCluster.prepare();
  }

  /// Goal: a split changes keys on one side only, and when it ends all have what that side has.
  /// Method: the minority is asked for a change and refuses it; the majority replaces a certificate
  /// and removes a keyring, which the minority still has when they meet again.
  @Test
  void aMinorityServesWhatItHasAndAMergeKeepsWhatTheMajorityChanged() throws Exception {
    try (EchoServer server = new EchoServer();
        ContainerCluster cluster =
            new ContainerCluster(folder, 3, "sign", server.port(), "split brain")) {
      MemberContainer minority = cluster.member(MINORITY);
      MemberContainer majority = cluster.member(MAJORITY);
      for (MemberContainer member : cluster.members()) {
        member.awaitLines("keyring " + ContainerCluster.MORE + ": version .* 1 keys", 1);
        assertThat(algorithm(cluster, member)).isEqualTo("EC");
        serve(cluster, member, MemberContainer.MORE);
      }
      Pair next = cluster.certificates.issue("next", KeyKind.RSA, "localhost");
      majority.copy(List.of(next.chain(), next.key()));
      String serial = majority.keys("list", ContainerCluster.WEB).split(" ", 2)[0];

      minority.cut();
      minority.awaitLines("keys cannot be changed until there are 2", 1);

      assertThat(algorithm(cluster, minority)).isEqualTo("EC");
      serve(cluster, minority, MemberContainer.MORE);
      ExecResult refused = minority.sallyport("keys", "remove", ContainerCluster.MORE);
      assertThat(refused.getExitCode()).isEqualTo(1);
      assertThat(refused.getStdout()).isEmpty();
      assertThat(refused.getStderr().lines()).singleElement().asString().endsWith(NO_QUORUM);

      long changedNanos = System.nanoTime();
      awaitChange(
          majority,
          "replace",
          ContainerCluster.WEB,
          serial,
          "--chain",
          "/etc/sallyport/next.pem",
          "--key",
          "/etc/sallyport/next.key");
      System.out.printf(
          "the majority changed keys %d ms after the minority had seen the split%n",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - changedNanos));
      majority.keys("remove", ContainerCluster.MORE);
      assertThat(algorithm(cluster, majority)).isEqualTo("RSA");
      assertThat(algorithm(cluster, minority)).isEqualTo("EC");
      serve(cluster, minority, MemberContainer.MORE);

      long mendedNanos = System.nanoTime();
      minority.mend();
      minority.awaitLines("keyring " + ContainerCluster.MORE + ": version .* its removal", 1);
      System.out.printf(
          "the minority had the majority's keys %d ms after the network was back%n",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - mendedNanos));

      allAgree(cluster);
      assertThat(minority.keys("create", "later")).contains("later");
      assertThat(majority.keys("list")).contains("later");
      for (MemberContainer member : cluster.members()) {
        awaitAllLive(member);
      }
    }
  }

  /// Once the members have found each other, which the majority may need a while for.
  private static void awaitChange(MemberContainer member, String... words) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(QUORUM_SECONDS_MAX);
    String[] command = new String[words.length + 1];
    command[0] = "keys";
    System.arraycopy(words, 0, command, 1, words.length);
    while (true) {
      ExecResult result = member.sallyport(command);
      if (result.getExitCode() == 0) {
        return;
      }
      assertThat(result.getStderr()).contains(NO_QUORUM);
      assertThat(System.nanoTime() - end).as("a majority without a quorum").isNegative();
    }
  }

  private static void allAgree(ContainerCluster cluster) throws Exception {
    String listed = cluster.member(MAJORITY).keys("list");
    String entries = cluster.member(MAJORITY).keys("list", ContainerCluster.WEB);
    for (MemberContainer member : cluster.members()) {
      assertThat(algorithm(cluster, member)).as(member.name).isEqualTo("RSA");
      assertThatThrownBy(() -> serve(cluster, member, MemberContainer.MORE))
          .as(member.name)
          .isInstanceOf(SSLException.class);
      assertThat(member.keys("list")).isEqualTo(listed).doesNotContain(ContainerCluster.MORE + " ");
      assertThat(member.keys("list", ContainerCluster.WEB)).isEqualTo(entries);
    }
  }

  private static void serve(ContainerCluster cluster, MemberContainer member, int port)
      throws Exception {
    try (SSLSocket socket = cluster.client.connect(member.listener(port))) {
      TlsClient.echo(socket);
    }
  }

  /// Of the certificate that a member serves with.
  private static String algorithm(ContainerCluster cluster, MemberContainer member)
      throws Exception {
    try (SSLSocket socket = cluster.client.connect(member.listener(MemberContainer.HTTPS))) {
      TlsClient.echo(socket);
      return socket.getSession().getPeerCertificates()[0].getPublicKey().getAlgorithm();
    }
  }

  /// A question to a member that was not asked before may take longer than it is waited for.
  private static void awaitAllLive(MemberContainer member) throws Exception {
    List<String> states = List.of();
    for (int attempt = 0; attempt < QUESTIONS_MAX; attempt++) {
      states = states(member.clusterStatistics());
      if (states.equals(List.of("live", "live", "live"))) {
        return;
      }
    }
    assertThat(states).as(member.name).containsOnly("live").hasSize(3);
  }

  private static List<String> states(JsonObject statistics) {
    return statistics.getJsonArray("members").stream()
        .map(member -> ((JsonObject) member).getString("state"))
        .toList();
  }
}
