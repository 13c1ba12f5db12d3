package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.KeyringConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Vertx;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tickets of `openssl s_client` that come back after a rule has changed: they carry nobody past
/// the new one.
@ExtendWith(LeakCheck.class)
class ResumptionPolicyTest {
  private static final Vertx VERTX = Vertx.vertx();
  private static final LocalKeyringStore STORE = new LocalKeyringStore();
  private static final ClientAuth REQUIRED = new ClientAuth(ClientAuth.Mode.REQUIRED, List.of());
  private static final ClientAuth OPTIONAL = new ClientAuth(ClientAuth.Mode.OPTIONAL, List.of());
  private static final TlsPolicy MTLS = TlsPolicy.DEFAULT.withClientAuth(REQUIRED);

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static TestFiles files;

  @SuppressWarnings("NullAway.Init")
  private static AgentVerticle agent;

  @BeforeAll
  static void start() {
    files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "DNS:site.example");
    files.certificate("ca", "ec:P-256", "");
    files.certificate("other", "ec:P-256", "");
    files.issued("ca", "client", "DNS:client.example");
    files.crl("ca", 3600);
    agent = new AgentVerticle(STORE, AgentOptions.defaults());
    VERTX.deployVerticle(agent).await();
  }

  @BeforeEach
  void trustTheAuthority() {
    trust(new TrustConfig.Anchors(files.named("ca.pem"), List.of()));
  }

  @AfterAll
  static void stop() {
    VERTX.close().await();
    STORE.close();
  }

  /// The keyring of the listeners, with whom it believes.
  private static void trust(TrustConfig clients) {
    KeyringConfig plain = files.config("web", "site");
    STORE.put(
        files.keyring(
            STORE,
            new KeyringConfig(
                "web", plain.certificates(), clients, new TrustConfig.None(), List.of())));
  }

  private record Visit(String output, HandshakeOutcome outcome) {
    boolean isResumed() {
      return output.contains("\nReused, TLSv1.")
          && ((HandshakeOutcome.Established) outcome).session().resumed();
    }
  }

  /// One connection of a client that has its certificate with it.
  private static Visit visit(TlsPolicy policy, String version, String... options) throws Exception {
    try (TestServer server = new TestServer(agent.service(), "web", policy)) {
      List<String> command =
          new ArrayList<>(
              List.of("openssl", "s_client", "-connect", "127.0.0.1:" + server.port(), "-ign_eof"));
      command.addAll(List.of(version, "-servername", "site.example"));
      command.addAll(List.of("-cert", files.path("client.pem").toString()));
      command.addAll(List.of("-key", files.path("client.key").toString()));
      command.addAll(List.of(options));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      // A client that hangs fails its test, and does not hang it too.
      CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(process::destroyForcibly);
      try (OutputStream in = process.getOutputStream()) {
        in.write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        in.flush();
        byte[] output = process.getInputStream().readAllBytes();
        HandshakeOutcome outcome = server.outcomes().poll(30, TimeUnit.SECONDS);
        assertThat(outcome).isNotNull();
        return new Visit(new String(output, StandardCharsets.UTF_8), outcome);
      }
    }
  }

  private static String firstSession(TlsPolicy policy, String version) throws Exception {
    Path session = Files.createTempFile(folder, "session", ".pem");
    Visit first = visit(policy, version, "-sess_out", session.toString());
    assertThat(first.output()).contains("\nNew, TLSv1.").contains("HTTP/1.1 200 OK");
    assertThat(first.isResumed()).isFalse();
    return session.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aResumedSessionIsStillItsClients(String version) throws Exception {
    String session = firstSession(MTLS, version);
    Visit second = visit(MTLS, version, "-sess_in", session);
    assertThat(second.isResumed()).isTrue();
    KeySerial peerid = second.outcome().peerid();
    assertThat(STORE.peer(peerid).map(PeerIdentity::names)).contains(List.of("client.example"));
  }

  /// A ticket in place of the one that was used is its client's too.
  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3"})
  void aRenewedTicketIsStillItsClients(String version) throws Exception {
    String session = firstSession(MTLS, version);
    Visit second = visit(MTLS, version, "-sess_in", session, "-sess_out", session);
    assertThat(second.isResumed()).isTrue();
    Visit third = visit(MTLS, version, "-sess_in", session);
    assertThat(third.isResumed()).isTrue();
    assertThat(third.outcome().peerid()).isEqualTo(second.outcome().peerid());
    assertThat(third.outcome().peerid().isNone()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aTicketWithoutACertificateDoesNotPassAListenerThatDemandsOne(String version)
      throws Exception {
    for (TlsPolicy lax : List.of(TlsPolicy.DEFAULT, TlsPolicy.DEFAULT.withClientAuth(OPTIONAL))) {
      String session = firstSession(lax, version);
      assertThat(visit(lax, version, "-sess_in", session).isResumed()).isTrue();
      Visit strict = visit(MTLS, version, "-sess_in", session);
      assertThat(strict.output()).contains("\nNew, TLSv1.");
      assertThat(strict.outcome().peerid().isNone()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aTicketDoesNotOutliveTheTrustItWasMadeUnder(String version) throws Exception {
    String session = firstSession(MTLS, version);
    trust(new TrustConfig.Anchors(files.named("ca.pem"), List.of(files.named("ca.crl"))));
    Visit withCrl = visit(MTLS, version, "-sess_in", session);
    assertThat(withCrl.output()).contains("\nNew, TLSv1.");
    trust(new TrustConfig.Anchors(files.named("other.pem"), List.of()));
    Visit distrusted = visit(MTLS, version, "-sess_in", session);
    assertThat(distrusted.outcome()).isInstanceOf(HandshakeOutcome.Failed.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aTicketDoesNotPassOtherRules(String version) throws Exception {
    TlsPolicy named =
        TlsPolicy.DEFAULT.withClientAuth(
            new ClientAuth(ClientAuth.Mode.REQUIRED, List.of("client.example")));
    List<TlsPolicy> others =
        List.of(
            named,
            MTLS.withStrictSni(),
            MTLS.withGroups(List.of(Group.P256, Group.X25519)),
            MTLS.withTicketLifetime(Duration.ofHours(1)));
    for (TlsPolicy other : others) {
      String session = firstSession(MTLS, version);
      assertThat(visit(MTLS, version, "-sess_in", session).isResumed()).isTrue();
      assertThat(visit(other, version, "-sess_in", session).output())
          .as(other.toString())
          .contains("\nNew, TLSv1.");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void withoutALifetimeThereAreNoTickets(String version) throws Exception {
    Path session = Files.createTempFile(folder, "session", ".pem");
    TlsPolicy none = TlsPolicy.DEFAULT.withTicketLifetime(Duration.ZERO);
    assertThat(visit(none, version, "-msg", "-sess_out", session.toString()).output())
        .doesNotContain("NewSessionTicket");
  }
}
