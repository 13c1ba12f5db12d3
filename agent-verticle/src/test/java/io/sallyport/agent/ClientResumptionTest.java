package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import io.sallyport.ticket.TestClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Our client takes up its sessions with our server again, without a network.
@ExtendWith(LeakCheck.class)
class ClientResumptionTest {
  private static final LocalKeyringStore STORE = new LocalKeyringStore();
  private static final String HOST = "site.example";

  @TempDir private static Path folder;

  private final TestClock clock = new TestClock();
  private final AgentResources resources = AgentResources.of(STORE, clock);
  private TlsPolicy serverPolicy = TlsPolicy.DEFAULT;
  private String keyring = "web";

  @BeforeAll
  static void makeKeyring() {
    TestFiles files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.issued("ca", "site", "DNS:site.example,DNS:other.example");
    KeyringConfig plain = files.config("web", "site");
    TrustConfig anchors = new TrustConfig.Anchors(files.named("ca.pem"), List.of());
    STORE.put(
        files.keyring(
            STORE,
            new KeyringConfig(
                "web", plain.certificates(), new TrustConfig.None(), anchors, List.of())));
    makeRevokingKeyring(files);
  }

  private static void makeRevokingKeyring(TestFiles files) {
    files.crl("ca", 3600);
    TrustConfig trust =
        new TrustConfig.Anchors(files.named("ca.pem"), List.of(files.named("ca.crl")));
    STORE.put(files.keyring(STORE, files.withTrust(files.config("revoking", "site"), trust)));
  }

  @AfterAll
  static void wipeKeyring() {
    STORE.close();
  }

  /// Certificates are made for the real time.
  @BeforeEach
  void setTheClock() {
    clock.advance(Duration.between(clock.instant(), Instant.now().plusSeconds(60)));
  }

  @AfterEach
  void wipe() {
    resources.close();
  }

  private Handshake handshake(HandshakeKind kind, String host, TlsPolicy policy) {
    HandshakeRequest request =
        new HandshakeRequest(
            kind, host, keyring, KeySerial.NONE, KeySerial.NONE, List.of(), policy, "test", "");
    return Handshake.of(
        request,
        STORE.acquire(keyring).orElseThrow(),
        JdkTlsCrypto.probe(new SecureRandom()),
        resources);
  }

  /// How both sides saw it.
  private record Both(HandshakeAnswer client, HandshakeAnswer server) {
    boolean areResumed() {
      assertThat(client).isInstanceOf(HandshakeAnswer.Established.class);
      assertThat(server).isInstanceOf(HandshakeAnswer.Established.class);
      boolean atClient = ((HandshakeAnswer.Established) client).session().resumed();
      assertThat(((HandshakeAnswer.Established) server).session().resumed()).isEqualTo(atClient);
      return atClient;
    }

    KeySerial peerid() {
      return ((HandshakeAnswer.Established) client).peerid();
    }
  }

  /// A handshake, and the tickets behind it.
  private Both connect(String host, TlsPolicy policy) {
    try (Handshake client = handshake(HandshakeKind.CLIENT_HELLO_X509, host, policy);
        Handshake server = handshake(HandshakeKind.SERVER_HELLO_X509, host, serverPolicy)) {
      HandshakeAnswer atClient = client.begin();
      HandshakeAnswer atServer = server.begin();
      while (atClient instanceof HandshakeAnswer.NeedInput
          || atServer instanceof HandshakeAnswer.NeedInput) {
        if (atServer instanceof HandshakeAnswer.NeedInput && atClient.output().isReadable()) {
          atServer = server.receive(taken(atClient));
        } else if (atClient instanceof HandshakeAnswer.NeedInput
            && atServer.output().isReadable()) {
          atClient = client.receive(taken(atServer));
        } else {
          throw new AssertionError("both wait: " + atClient + ", " + atServer);
        }
      }
      giveTickets(atServer, atClient);
      atClient.discard();
      atServer.discard();
      return new Both(atClient, atServer);
    }
  }

  private static ByteBuf taken(HandshakeAnswer answer) {
    return answer.output().readRetainedSlice(answer.output().readableBytes());
  }

  private static void giveTickets(HandshakeAnswer atServer, HandshakeAnswer atClient) {
    if (atServer instanceof HandshakeAnswer.Established from
        && atClient instanceof HandshakeAnswer.Established to) {
      // A byte at a time: records may cut them anywhere.
      while (from.messages().isReadable()) {
        byte[] piece = {from.messages().readByte()};
        assertThat(to.postHandshake().received(Unpooled.wrappedBuffer(piece))).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aSessionIsTakenUpTwiceInARow(TlsVersion version) {
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(version, version);
    Both first = connect(HOST, policy);
    assertThat(first.areResumed()).isFalse();
    clock.advance(Duration.ofMinutes(10));
    Both second = connect(HOST, policy);
    assertThat(second.areResumed()).isTrue();
    clock.advance(Duration.ofMinutes(10));
    Both third = connect(HOST, policy);
    assertThat(third.areResumed()).isTrue();
    assertThat(third.peerid()).isEqualTo(first.peerid());
    assertThat(third.peerid().isNone()).isFalse();
  }

  /// Ten thousand others came in between.
  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void theServerOfASessionIsKnownAgainWhenItsSerialWasForgotten(TlsVersion version) {
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(version, version);
    PeerIdentity server = STORE.peer(connect(HOST, policy).peerid()).orElseThrow();
    for (int i = 0; i < 10_000; i++) {
      STORE.addPeer(new PeerIdentity("", List.of(), "%064x".formatted(i), Instant.MAX));
    }
    Both second = connect(HOST, policy);
    assertThat(second.areResumed()).isTrue();
    assertThat(STORE.peer(second.peerid())).contains(server);
    assertThat(STORE.peer(connect(HOST, policy).peerid())).contains(server);
  }

  @Test
  void aSessionIsTakenUpAfterAHelloRetryRequest() {
    TlsPolicy policy =
        TlsPolicy.DEFAULT
            .withVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_3)
            .withGroups(List.of(Group.X25519, Group.P256));
    serverPolicy = TlsPolicy.DEFAULT.withGroups(List.of(Group.P256));
    assertThat(connect(HOST, policy).areResumed()).isFalse();
    assertThat(connect(HOST, policy).areResumed()).isTrue();
    assertThat(connect(HOST, policy).areResumed()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aSessionIsForItsServerAndItsPolicyOnly(TlsVersion version) {
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(version, version);
    connect(HOST, policy);
    assertThat(connect("other.example", policy).areResumed()).isFalse();
    assertThat(connect(HOST, policy.withGroups(List.of(Group.P256))).areResumed()).isFalse();
    assertThat(connect(HOST, policy).areResumed()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aSessionEndsWithItsLifetime(TlsVersion version) {
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(version, version);
    connect(HOST, policy);
    clock.advance(policy.ticketLifetime());
    assertThat(connect(HOST, policy).areResumed()).isFalse();
  }

  /// The CRL holds for an hour, the ticket for twelve. Once it is stale nobody is revoked by it:
  /// what was decided while it was current must not be handed on.
  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aSessionEndsWithTheCrlThatItsServerWasVerifiedBy(TlsVersion version) {
    keyring = "revoking";
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(version, version);
    assertThat(connect(HOST, policy).areResumed()).isFalse();
    clock.advance(Duration.ofMinutes(30));
    assertThat(connect(HOST, policy).areResumed()).isTrue();
    clock.advance(Duration.ofMinutes(31));
    assertThat(isResumed(connect(HOST, policy).client())).isFalse();
  }

  /// The same of a client, whose tickets are the server's to judge.
  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aTicketEndsWithTheCrlThatItsClientWasVerifiedBy(TlsVersion version) {
    keyring = "revoking";
    serverPolicy =
        TlsPolicy.DEFAULT.withClientAuth(new ClientAuth(ClientAuth.Mode.REQUIRED, List.of()));
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(version, version);
    assertThat(connect(HOST, policy).areResumed()).isFalse();
    clock.advance(Duration.ofMinutes(30));
    assertThat(connect(HOST, policy).areResumed()).isTrue();
    clock.advance(Duration.ofMinutes(31));
    assertThat(isResumed(connect(HOST, policy).server())).isFalse();
  }

  private static boolean isResumed(HandshakeAnswer answer) {
    return answer
            instanceof
            HandshakeAnswer.Established(var _, var _, var _, var _, var _, var _, var session)
        && session.resumed();
  }

  /// RFC 5246 §7.2.2: else a server that cannot resume it would never be reached again.
  @Test
  void aSessionWhoseHandshakeFailedIsForgotten() {
    TlsPolicy policy = TlsPolicy.DEFAULT.withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2);
    connect(HOST, policy);
    assertThat(connect(HOST, policy).areResumed()).isTrue();
    serverPolicy = TlsPolicy.DEFAULT.withVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_3);
    assertThat(connect(HOST, policy).client()).isInstanceOf(HandshakeAnswer.Refused.class);
    serverPolicy = TlsPolicy.DEFAULT;
    assertThat(connect(HOST, policy).areResumed()).isFalse();
  }

  @Test
  void withoutALifetimeThereIsNothingToTakeUp() {
    TlsPolicy policy = TlsPolicy.DEFAULT.withTicketLifetime(Duration.ZERO);
    connect(HOST, policy);
    assertThat(connect(HOST, policy).areResumed()).isFalse();
  }

  @Test
  void aServerForAnotherHostIsRefused() {
    Both both = connect("wrong.example", TlsPolicy.DEFAULT);
    assertThat(((HandshakeAnswer.Refused) both.client()).outcome().reason())
        .isEqualTo(FailureReason.CERTIFICATE_WRONG_HOST);
    assertThat(((HandshakeAnswer.Refused) both.server()).outcome().reason())
        .isEqualTo(FailureReason.PEER_ALERT);
  }

  /// Anything but a NewSessionTicket, and a ticket that is none.
  @Test
  void otherMessagesBehindTheHandshakeAreRefused() {
    for (byte[] message :
        List.of(
            new byte[] {13, 0, 0, 1, 0},
            new byte[] {4, 0, 0, 1, 0},
            new byte[] {4, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF})) {
      try (Handshake client = handshake(HandshakeKind.CLIENT_HELLO_X509, HOST, TlsPolicy.DEFAULT);
          Handshake server = handshake(HandshakeKind.SERVER_HELLO_X509, HOST, TlsPolicy.DEFAULT)) {
        HandshakeAnswer flight = server.receive(taken(client.begin()));
        HandshakeAnswer.Established established =
            (HandshakeAnswer.Established) client.receive(taken(flight));
        assertThat(established.postHandshake().received(Unpooled.wrappedBuffer(message))).isFalse();
        server.receive(taken(established)).discard();
        established.discard();
      }
    }
  }
}
