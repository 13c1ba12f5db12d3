package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.HostPort;
import io.sallyport.ktls.SecretBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Sessions of a member without keys and of two that have them, each a process of its own: where
/// they resume, and where not.
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class EdgeSessionsIT {
  /// How long a key seals.
  private static final Duration SEALING = Duration.ofHours(12);

  @TempDir private Path folder;

  /// Answers one byte and ends.
  private static TestServer server() throws IOException {
    return new TestServer(socket -> {
      if (socket.getInputStream().read() >= 0) {
        socket.getOutputStream().write("served\n".getBytes(StandardCharsets.US_ASCII));
      }
    });
  }

  private Path session(String name) {
    return folder.resolve(name + ".pem");
  }

  private static String[] and(String[] words, String... more) {
    return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
  }

  /// Makes a session in a full handshake and keeps it under a name; answers with the name of the
  /// key of its ticket.
  private String make(OpenSslClient client, HostPort address, String name, String... more) {
    String said = client.connect(address, and(more, "-sess_out", session(name).toString()));
    assertThat(said).contains("New, TLSv1").contains("served");
    return OpenSslClient.ticketKey(said);
  }

  private void assertResumes(OpenSslClient client, HostPort address, String name, String... more) {
    assertThat(client.connect(address, and(more, "-sess_in", session(name).toString())))
        .as("session %s at %s", name, address)
        .contains("Reused, TLSv1")
        .contains("served");
  }

  private void assertBeginsAnew(
      OpenSslClient client, HostPort address, String name, String... more) {
    assertThat(client.connect(address, and(more, "-sess_in", session(name).toString())))
        .as("session %s at %s", name, address)
        .contains("New, TLSv1")
        .contains("served");
  }

  @ParameterizedTest
  @CsvSource({"shared, -tls1_3", "shared, -tls1_2", "sealed, -tls1_3", "sealed, -tls1_2"})
  void aSessionMadeOnOneMemberResumesOnEveryOther(String tickets, String version) throws Exception {
    try (TestServer server = server()) {
      ProcessCluster cluster = new ProcessCluster(folder, "sign", tickets, server.port());
      OpenSslClient client = new OpenSslClient(cluster.certificates.ca());
      try (MemberProcess one = cluster.start(ProcessCluster.HOLDER);
          MemberProcess two = cluster.start(ProcessCluster.OTHER_HOLDER);
          MemberProcess edge = cluster.start(ProcessCluster.EDGE)) {
        List<HostPort> all = List.of(one.address(), two.address(), edge.address());
        for (HostPort maker : all) {
          String made = "made-on-" + maker.host();
          make(client, maker, made, version);
          for (HostPort other : all) {
            assertResumes(client, other, made, version);
          }
        }
      }
    }
  }

  /// Goal: a session goes on when the ring of ticket keys has turned since. Method: a ring is made
  /// that is due soon, with the clock of whoever makes it set back; then the members turn it by
  /// themselves, and say so.
  @ParameterizedTest
  @ValueSource(strings = {"shared", "sealed"})
  void aSessionResumesOnEveryOtherMemberAfterTheRingOfTicketKeysHasTurned(String tickets)
      throws Exception {
    try (TestServer server = server()) {
      ProcessCluster cluster = new ProcessCluster(folder, "sign", tickets, server.port());
      OpenSslClient client = new OpenSslClient(cluster.certificates.ca());
      try (MemberProcess one = cluster.start(ProcessCluster.HOLDER);
          MemberProcess two = cluster.start(ProcessCluster.OTHER_HOLDER);
          MemberProcess edge = cluster.start(ProcessCluster.EDGE)) {
        List<HostPort> all = List.of(one.address(), two.address(), edge.address());
        String next;
        String current;
        try (TicketKeysReader reader = cluster.reader(dueIn(Duration.ofSeconds(30)))) {
          List<TicketKeysReader.Named> keys = reader.read();
          assertThat(keys).hasSize(2);
          next = keys.getFirst().name();
          current = keys.getLast().name();
          keys.forEach(named -> named.key().close());
        }
        for (HostPort maker : all) {
          assertThat(make(client, maker, "before-" + maker.host())).isEqualTo(current);
        }

        one.awaitLines("the ring of ticket keys has turned", 1);
        two.awaitLines("the ring of ticket keys has turned", 1);
        if (tickets.equals("shared")) {
          edge.awaitLines("the ring of ticket keys has turned", 1);
        }

        for (HostPort maker : all) {
          assertThat(make(client, maker, "after-" + maker.host())).isEqualTo(next);
          for (HostPort other : all) {
            assertResumes(client, other, "before-" + maker.host());
            assertResumes(client, other, "after-" + maker.host());
          }
        }
        try (TicketKeysReader reader = cluster.reader(InstantSource.system())) {
          List<TicketKeysReader.Named> keys = reader.read();
          assertThat(keys.stream().map(TicketKeysReader.Named::name).toList())
              .hasSize(3)
              .endsWith(next, current);
          keys.stream().map(TicketKeysReader.Named::key).forEach(SecretBytes::close);
        }
      }
    }
  }

  /// A clock by which a ring is made whose current key seals for so long from now on.
  private static InstantSource dueIn(Duration time) {
    return () -> InstantSource.system().instant().minus(SEALING).plus(time);
  }

  /// Goal: no ticket carries a client past a rule that has changed since. Method: the member
  /// without keys is started again with another listener, while the holders stay as they are.
  @ParameterizedTest
  @CsvSource({
    "shared, '{keyring: web, min-version: \"1.3\"}'",
    "shared, '{keyring: web, strict-sni: true}'",
    "sealed, '{keyring: web, min-version: \"1.3\"}'"
  })
  void aSessionDoesNotResumeWhereThePolicyHasChanged(String tickets, String changed)
      throws Exception {
    try (TestServer server = server()) {
      ProcessCluster cluster = new ProcessCluster(folder, "sign", tickets, server.port());
      OpenSslClient client = new OpenSslClient(cluster.certificates.ca());
      try (MemberProcess one = cluster.start(ProcessCluster.HOLDER);
          MemberProcess two = cluster.start(ProcessCluster.OTHER_HOLDER)) {
        List<HostPort> holders = List.of(one.address(), two.address());
        try (MemberProcess edge = cluster.start(ProcessCluster.EDGE)) {
          make(client, edge.address(), "edge");
          make(client, one.address(), "holder");
          assertResumes(client, edge.address(), "edge");
          assertResumes(client, edge.address(), "holder");
        }
        // The same again, as it was: it is not the new start that matters.
        try (MemberProcess edge = cluster.start(ProcessCluster.EDGE)) {
          assertResumes(client, edge.address(), "edge");
          assertResumes(client, edge.address(), "holder");
        }
        try (MemberProcess edge = cluster.start(ProcessCluster.EDGE, changed)) {
          assertBeginsAnew(client, edge.address(), "edge");
          assertBeginsAnew(client, edge.address(), "holder");
          make(client, edge.address(), "new");
          assertResumes(client, edge.address(), "new");
          for (HostPort holder : holders) {
            assertResumes(client, holder, "edge");
            assertBeginsAnew(client, holder, "new");
          }
        }
      }
    }
  }
}
