package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import io.sallyport.testing.LeakCheck;
import io.sallyport.ticket.SessionTicket;
import io.sallyport.ticket.TestClock;
import io.sallyport.ticket.TicketFacts;
import io.sallyport.ticket.TicketPolicy;
import io.sallyport.ticket.TicketRules;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.ClientHello;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.NewSessionTicket;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.PskKeyExchangeMode;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.ServerOnlyTlsAuthentication;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Clients that openssl does not play, without a network.
@ExtendWith(LeakCheck.class)
class ResumptionTest {
  private static final LocalKeyringStore STORE = new LocalKeyringStore();

  @TempDir private static Path folder;

  private final TestClock clock = new TestClock();
  private final AgentResources resources = AgentResources.of(STORE, clock);

  @BeforeAll
  static void makeKeyring() {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    STORE.put(files.keyring(STORE, "web", "site"));
  }

  @AfterAll
  static void wipeKeyring() {
    STORE.close();
  }

  @AfterEach
  void wipeKeys() {
    resources.close();
  }

  /// Makes every `ticket_age_add` 0: Bouncy Castle's client claims an obfuscated age of 0.
  private static final class NoAgeAdd extends SecureRandom {
    private static final long serialVersionUID = 1L;

    @Override
    public int nextInt() {
      return 0;
    }
  }

  private Handshake server(TlsVersion version) {
    HandshakeRequest request =
        new HandshakeRequest(
            HandshakeKind.SERVER_HELLO_X509,
            null,
            "web",
            KeySerial.NONE,
            KeySerial.NONE,
            List.of(),
            TlsPolicy.DEFAULT.withVersions(version, version).withTicketLifetime(Duration.ofDays(7)),
            "test",
            "");
    return Handshake.of(
        request, STORE.acquire("web").orElseThrow(), JdkTlsCrypto.probe(new NoAgeAdd()), resources);
  }

  /// A ticket as a client has it.
  private record Held(int lifetimeSeconds, ByteBuf ticket, JdkTlsSecret psk) {
    byte[] bytes() {
      return ByteBufUtil.getBytes(ticket);
    }
  }

  /// A PSK that is withdrawn after a HelloRetryRequest.
  private static final class Offered extends BasicTlsPSKExternal {
    private final Client client;

    Offered(Client client, byte[] identity, TlsSecret key) {
      super(identity, key, PRFAlgorithm.tls13_hkdf_sha256);
      this.client = client;
    }

    @Override
    public int getPRFAlgorithm() {
      // Bouncy Castle's client withdraws those whose hash is not that of the suite.
      return client.withdraws && client.hasAnswer
          ? PRFAlgorithm.tls13_hkdf_sha384
          : PRFAlgorithm.tls13_hkdf_sha256;
    }
  }

  /// A client that keeps its tickets.
  @SuppressWarnings({"rawtypes", "unchecked", "JdkObsolete"}) // Bouncy Castle's types.
  private static final class Client extends DefaultTlsClient {
    private final JdkTlsCrypto crypto;
    private final ProtocolVersion version;
    private final Transcript transcript = new Transcript();
    private final Vector<TlsPSKExternal> offered = new Vector<>();
    private boolean resumable = true;
    private boolean withdraws;
    private boolean hasAnswer;
    private boolean sawCertificate;
    private boolean retried;
    private byte[] ticketTls12 = TlsUtils.EMPTY_BYTES;
    private byte[] resumptionSecret = new byte[0];

    private final TlsClientProtocol protocol =
        new TlsClientProtocol() {
          @Override
          protected void processRecord(short type, byte[] content, int offset, int length)
              throws IOException {
            if (type == ContentType.handshake) {
              transcript.server(content, offset, length);
              hasAnswer = true;
            }
            super.processRecord(type, content, offset, length);
          }

          @Override
          protected void writeRecord(short type, byte[] content, int offset, int length)
              throws IOException {
            if (type == ContentType.handshake) {
              transcript.client(content, offset, length);
            }
            super.writeRecord(type, content, offset, length);
          }

          @Override
          protected void sendClientHelloMessage() throws IOException {
            if (withdraws && hasAnswer) {
              // Bouncy Castle 1.84 leaves room for the binders that it withdrew.
              clientHello =
                  new ClientHello(
                      clientHello.getVersion(),
                      clientHello.getRandom(),
                      clientHello.getSessionID(),
                      clientHello.getCookie(),
                      clientHello.getCipherSuites(),
                      clientHello.getExtensions(),
                      0);
            }
            super.sendClientHelloMessage();
          }
        };

    private Client(JdkTlsCrypto crypto, ProtocolVersion version) {
      super(crypto);
      this.crypto = crypto;
      this.version = version;
    }

    static Client tls13() {
      return new Client(new JdkTlsCrypto(new SecureRandom()), ProtocolVersion.TLSv13);
    }

    static Client tls12(byte[] ticket) {
      Client client = new Client(new JdkTlsCrypto(new SecureRandom()), ProtocolVersion.TLSv12);
      client.ticketTls12 = ticket;
      return client;
    }

    Client offering(byte[] ticket, TlsSecret psk) {
      offered.add(
          new Offered(this, ticket, new TicketPsk(crypto, crypto.adoptSecret(psk).extract())));
      return this;
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
      return version.only();
    }

    @Override
    public Vector getExternalPSKs() {
      return offered;
    }

    @Override
    public Vector getEarlyKeyShareGroups() {
      return retried ? new Vector() : super.getEarlyKeyShareGroups();
    }

    @Override
    public Hashtable getClientExtensions() throws IOException {
      Hashtable extensions = super.getClientExtensions();
      if (resumable && version.equals(ProtocolVersion.TLSv13)) {
        TlsExtensionsUtils.addPSKKeyExchangeModesExtension(
            extensions, new short[] {PskKeyExchangeMode.psk_dhe_ke});
      } else if (resumable) {
        extensions.put(Integer.valueOf(ExtensionType.session_ticket), ticketTls12);
      }
      return extensions;
    }

    @Override
    public void notifyNewSessionTicket(NewSessionTicket ticket) {
      ticketTls12 = ticket.getTicket();
    }

    @Override
    public TlsAuthentication getAuthentication() {
      return new ServerOnlyTlsAuthentication() {
        @Override
        public void notifyServerCertificate(TlsServerCertificate certificate) {
          sawCertificate = true;
        }
      };
    }

    @Override
    public void notifyHandshakeComplete() throws IOException {
      super.notifyHandshakeComplete();
      if (version.equals(ProtocolVersion.TLSv13)) {
        SecurityParameters parameters = context.getSecurityParametersConnection();
        resumptionSecret =
            TlsCryptoUtils.hkdfExpandLabel(
                    parameters.getMasterSecret(),
                    CryptoHashAlgorithm.sha256,
                    "res master",
                    transcript.hash(),
                    32)
                .extract();
      }
    }

    byte[] flight() {
      byte[] bytes = new byte[protocol.getAvailableOutputBytes()];
      protocol.readOutput(bytes, 0, bytes.length);
      return bytes;
    }

    /// The answer that ends the handshake.
    HandshakeAnswer connect(Handshake server) throws IOException {
      try (server) {
        protocol.connect(this);
        while (true) {
          byte[] flight = flight();
          assertThat(flight).as("the client's next flight").isNotEmpty();
          HandshakeAnswer answer = server.receive(Unpooled.wrappedBuffer(flight));
          if (!(answer instanceof HandshakeAnswer.NeedInput)) {
            return answer;
          }
          protocol.offerInput(ByteBufUtil.getBytes(answer.output()));
        }
      }
    }

    /// The tickets of a handshake that must succeed.
    List<Held> tickets(Handshake server) throws IOException {
      HandshakeAnswer answer = connect(server);
      assertThat(answer).isInstanceOf(HandshakeAnswer.Established.class);
      List<Held> tickets = new ArrayList<>();
      ByteBuf messages = ((HandshakeAnswer.Established) answer).messages();
      while (messages.isReadable()) {
        tickets.add(ticket(messages));
      }
      answer.discard();
      return tickets;
    }

    private Held ticket(ByteBuf messages) throws IOException {
      assertThat(messages.readUnsignedByte()).isEqualTo((short) 4);
      ByteBuf body = messages.readSlice(messages.readUnsignedMedium());
      int lifetimeSeconds = body.readInt();
      assertThat(body.readInt()).isZero();
      byte[] nonce = new byte[body.readUnsignedByte()];
      body.readBytes(nonce);
      byte[] ticket = new byte[body.readUnsignedShort()];
      body.readBytes(ticket);
      assertThat(body.readUnsignedShort()).isZero();
      assertThat(body.isReadable()).isFalse();
      TlsSecret psk =
          TlsCryptoUtils.hkdfExpandLabel(
              crypto.createSecret(resumptionSecret),
              CryptoHashAlgorithm.sha256,
              "resumption",
              nonce,
              32);
      return new Held(lifetimeSeconds, Unpooled.wrappedBuffer(ticket), (JdkTlsSecret) psk);
    }
  }

  private Held firstTicket() throws IOException {
    List<Held> tickets = Client.tls13().tickets(server(TlsVersion.TLS_1_3));
    assertThat(tickets).hasSize(2).allMatch(held -> held.lifetimeSeconds() == 604_800);
    return tickets.getLast();
  }

  private static Client offering(Held held) {
    return Client.tls13().offering(held.bytes(), held.psk());
  }

  /// RFC 8448 §4: the PSK, and the binder key made of it.
  @Test
  void binderKeyOfTheRfcComesOut() throws IOException {
    HexFormat hex = HexFormat.of();
    JdkTlsCrypto crypto = new JdkTlsCrypto(new SecureRandom());
    TlsSecret psk =
        new TicketPsk(
            crypto,
            hex.parseHex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));
    byte[] emptyHash =
        hex.parseHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    int sha256 = CryptoHashAlgorithm.sha256;
    TlsSecret early = crypto.hkdfInit(sha256).hkdfExtract(sha256, psk);
    assertThat(TlsCryptoUtils.hkdfExpandLabel(early, sha256, "ext binder", emptyHash, 32).extract())
        .asHexString()
        .isEqualToIgnoringCase("69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256");
  }

  @Test
  void resumedSessionHandsOnWhatIsLeftOfSevenDays() throws IOException {
    Held held = firstTicket();
    clock.advance(Duration.ofSeconds(30));
    Client second = offering(held);
    List<Held> renewed = second.tickets(server(TlsVersion.TLS_1_3));
    assertThat(second.sawCertificate).isFalse();
    assertThat(renewed).hasSize(1);
    assertThat(renewed.getFirst().lifetimeSeconds()).isEqualTo(604_770);
    clock.advance(Duration.ofSeconds(30));
    Client third = offering(renewed.getFirst());
    assertThat(third.tickets(server(TlsVersion.TLS_1_3)).getFirst().lifetimeSeconds())
        .isEqualTo(604_740);
    assertThat(third.sawCertificate).isFalse();
  }

  @Test
  void clientThatCannotResumeGetsNoTicket() throws IOException {
    Client client = Client.tls13();
    client.resumable = false;
    assertThat(client.tickets(server(TlsVersion.TLS_1_3))).isEmpty();
  }

  @Test
  void resumesAfterAHelloRetryRequest() throws IOException {
    Client client = offering(firstTicket());
    client.retried = true;
    assertThat(client.tickets(server(TlsVersion.TLS_1_3))).hasSize(1);
    assertThat(client.sawCertificate).isFalse();
  }

  /// The first ClientHello may be another client's: nothing of its ticket may remain.
  @Test
  void secondHelloWithoutTheTicketIsForAFullHandshake() throws IOException {
    Held held = firstTicket();
    clock.advance(Duration.ofSeconds(30));
    Client client = offering(held);
    client.retried = true;
    client.withdraws = true;
    List<Held> tickets = client.tickets(server(TlsVersion.TLS_1_3));
    assertThat(client.sawCertificate).isTrue();
    assertThat(tickets).hasSize(2);
    assertThat(tickets.getFirst().lifetimeSeconds()).isEqualTo(604_800);
  }

  /// The PSK is on the heap as long as Bouncy Castle works with it, and no longer.
  @Test
  void whatAnAcceptedTicketHoldsIsWipedWithItsHandshake() {
    JdkTlsCrypto crypto = new JdkTlsCrypto(new SecureRandom());
    Resumption resumption =
        new Resumption(resources.tickets().sealer("web", Duration.ofDays(7)), crypto);
    TicketFacts facts = facts(clock.millis());
    byte[] identity;
    try (SessionTicket ticket = new SessionTicket(facts, SecretBytes.wiping(new byte[32]))) {
      identity = resources.tickets().sealer("web", Duration.ofDays(7)).seal(ticket).orElseThrow();
    }
    List<PskIdentity> offered = new ArrayList<>(List.of(new PskIdentity(identity, 0)));
    TlsPSKExternal psk = resumption.acceptTls13(offered, facts.binding(), _ -> true);
    SessionTicket accepted = resumption.accepted();
    assertThat(psk).isNotNull();
    assertThat(accepted).isNotNull();
    assertThat(psk.getKey().isAlive()).isTrue();
    resumption.close();
    crypto.close();
    assertThat(resumption.accepted()).isNull();
    assertThatThrownBy(() -> accepted.secret().reveal()).isInstanceOf(KtlsException.class);
    assertThat(psk.getKey().isAlive()).isFalse();
  }

  private static TicketFacts facts(long nowMs) {
    TicketPolicy policy =
        new TicketPolicy(
            "web",
            TlsVersion.TLS_1_3,
            TlsVersion.TLS_1_3,
            List.of(),
            List.of(),
            List.of(),
            false,
            "none",
            "",
            Set.of());
    return new TicketFacts(
        TlsVersion.TLS_1_3,
        0x1301,
        TrafficSecret.Hash.SHA256,
        nowMs,
        nowMs,
        3600,
        0,
        true,
        null,
        null,
        null,
        TicketRules.of(policy, new byte[] {1}).bind(null, null));
  }

  @Test
  void ticketWithoutItsSecretIsRefused() throws IOException {
    Held held = firstTicket();
    Client thief = Client.tls13();
    thief.offering(held.bytes(), thief.crypto.createSecret(new byte[32]));
    HandshakeAnswer answer = thief.connect(server(TlsVersion.TLS_1_3));
    assertThat(answer).isInstanceOf(HandshakeAnswer.Refused.class);
    assertThat(((HandshakeAnswer.Refused) answer).outcome().reason())
        .isEqualTo(FailureReason.BAD_PSK_BINDER);
    answer.discard();
  }

  @Test
  void badTicketIsAFullHandshake() throws IOException {
    Held held = firstTicket();
    byte[] forged = held.bytes().clone();
    forged[forged.length - 1] ^= 1;
    Client client = Client.tls13().offering(forged, held.psk());
    assertThat(client.tickets(server(TlsVersion.TLS_1_3))).hasSize(2);
    assertThat(client.sawCertificate).isTrue();
  }

  @Test
  void ticketOfAnotherAgeIsAFullHandshake() throws IOException {
    Held held = firstTicket();
    clock.advance(Duration.ofMillis(60_001));
    Client client = offering(held);
    assertThat(client.tickets(server(TlsVersion.TLS_1_3))).hasSize(2);
    assertThat(client.sawCertificate).isTrue();
  }

  @Test
  void onlyTheFirstIdentitiesAreLookedAt() throws IOException {
    Held held = firstTicket();
    for (int before : List.of(Resumption.IDENTITIES_MAX - 1, Resumption.IDENTITIES_MAX)) {
      Client client = Client.tls13();
      for (int i = 0; i < before; i++) {
        client.offering(new byte[] {(byte) i}, held.psk());
      }
      client.offering(held.bytes(), held.psk());
      client.tickets(server(TlsVersion.TLS_1_3));
      assertThat(client.sawCertificate).isEqualTo(before == Resumption.IDENTITIES_MAX);
    }
  }

  @Test
  void ticketOfTls13IsNoneInTls12() throws IOException {
    Client client = Client.tls12(firstTicket().bytes());
    client.tickets(server(TlsVersion.TLS_1_2));
    assertThat(client.sawCertificate).isTrue();
  }

  /// RFC 5077 §3.4 lets a client leave the session id empty. Bouncy Castle's does, and then cannot
  /// make anything of the answer, so this looks at the answer's records: a resumed handshake
  /// changes keys right behind the ServerHello.
  @Test
  void tls12TicketWithAnEmptySessionIdResumes() throws IOException {
    Client first = Client.tls12(TlsUtils.EMPTY_BYTES);
    HandshakeAnswer answer = first.connect(server(TlsVersion.TLS_1_2));
    first.protocol.offerInput(ByteBufUtil.getBytes(answer.output()));
    answer.discard();
    assertThat(first.ticketTls12).isNotEmpty();
    assertThat(recordTypes(answerToHello(Client.tls12(first.ticketTls12))))
        .containsExactly(
            (int) ContentType.handshake,
            (int) ContentType.change_cipher_spec,
            (int) ContentType.handshake);
    first.ticketTls12[20] ^= 1;
    assertThat(recordTypes(answerToHello(Client.tls12(first.ticketTls12))))
        .doesNotContain((int) ContentType.change_cipher_spec);
  }

  private byte[] answerToHello(Client client) throws IOException {
    try (Handshake server = server(TlsVersion.TLS_1_2)) {
      client.protocol.connect(client);
      return ByteBufUtil.getBytes(server.receive(Unpooled.wrappedBuffer(client.flight())).output());
    }
  }

  private static List<Integer> recordTypes(byte[] flight) {
    List<Integer> types = new ArrayList<>();
    for (int at = 0; at < flight.length; ) {
      types.add((int) flight[at]);
      at += 5 + ((flight[at + 3] & 0xFF) << 8) + (flight[at + 4] & 0xFF);
    }
    return types;
  }
}
