package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The JDK's client against a handshake, without a network; what follows goes through the record
/// layer with the keys that came out.
// Longer than 400 lines: the cases of one contract, side by side.
@ExtendWith(LeakCheck.class)
class HandshakeTest {
  private static final byte[] NOTHING = {};
  private static final LocalKeyringStore STORE = new LocalKeyringStore();
  private static final AgentResources RESOURCES = AgentResources.of(STORE, InstantSource.system());

  @TempDir private static Path folder;

  @BeforeAll
  static void makeKeyrings() {
    TestFiles files = new TestFiles(folder);
    files.certificate("p256", "ec:P-256", "DNS:site.example,DNS:*.wild.example");
    files.certificate("p384", "ec:P-384", "DNS:p384.example");
    files.certificate("rsa", "rsa:2048", "DNS:site.example,DNS:rsa.example");
    STORE.put(files.keyring(STORE, "all", "p256", "p384", "rsa"));
    STORE.put(files.keyring(STORE, "p256", "p256"));
    STORE.put(files.keyring(STORE, "p384", "p384"));
    STORE.put(files.keyring(STORE, "rsa", "rsa"));
  }

  @AfterAll
  static void wipeKeyrings() {
    RESOURCES.close();
    STORE.close();
  }

  /// A handshake of our side.
  private static Handshake server(HandshakeRequest request, JdkTlsCrypto crypto) {
    Keyring keyring = STORE.acquire(request.keyring()).orElseThrow();
    return Handshake.of(request, keyring, crypto, RESOURCES);
  }

  private static Handshake server(String keyring) {
    return server(request(keyring, TlsPolicy.DEFAULT), libcrypto());
  }

  private static HandshakeRequest request(String keyring, TlsPolicy policy) {
    return new HandshakeRequest(
        HandshakeKind.SERVER_HELLO_X509,
        null,
        keyring,
        KeySerial.NONE,
        KeySerial.NONE,
        List.of(),
        policy,
        "test",
        "");
  }

  /// Where it is to be had: the build also runs these tests without it.
  private static JdkTlsCrypto libcrypto() {
    return JdkTlsCrypto.probe(new SecureRandom());
  }

  private static JdkTlsCrypto jdk() {
    return new JdkTlsCrypto(new SecureRandom());
  }

  /// Runs both sides until the server is done, its input in the pieces that `split` makes.
  private static HandshakeAnswer run(Handshake server, JdkClient client, Split split)
      throws Exception {
    try (server) {
      while (true) {
        byte[] flight = client.flight();
        assertThat(flight).as("flight of the client").isNotEmpty();
        List<byte[]> pieces = split.of(flight);
        for (int i = 0; i < pieces.size(); i++) {
          HandshakeAnswer answer = server.receive(Unpooled.wrappedBuffer(pieces.get(i)));
          client.receive(ByteBufUtil.getBytes(answer.output()));
          if (!(answer instanceof HandshakeAnswer.NeedInput)) {
            assertThat(i).as("pieces used").isEqualTo(pieces.size() - 1);
            return answer;
          }
        }
      }
    }
  }

  private interface Split {
    List<byte[]> of(byte[] flight);

    Split NONE = List::of;

    Split BYTES =
        flight -> {
          List<byte[]> pieces = new ArrayList<>();
          for (byte one : flight) {
            pieces.add(new byte[] {one});
          }
          return pieces;
        };

    Split RECORDS =
        flight -> {
          List<byte[]> pieces = new ArrayList<>();
          for (int at = 0; at < flight.length; ) {
            int length = 5 + ((flight[at + 3] & 0xFF) << 8 | (flight[at + 4] & 0xFF));
            pieces.add(Arrays.copyOfRange(flight, at, at + length));
            at += length;
          }
          return pieces;
        };
  }

  private static HandshakeAnswer.Established established(HandshakeAnswer answer) {
    assertThat(answer).isInstanceOf(HandshakeAnswer.Established.class);
    return (HandshakeAnswer.Established) answer;
  }

  private static Session session(HandshakeAnswer answer) {
    HandshakeAnswer.Established established = established(answer);
    Session session = established.session();
    established.discard();
    return session;
  }

  private static HandshakeAnswer.Refused refused(HandshakeAnswer answer) {
    assertThat(answer).isInstanceOf(HandshakeAnswer.Refused.class);
    return (HandshakeAnswer.Refused) answer;
  }

  // ---- Keys.

  static Stream<Arguments> suites() {
    return Arrays.stream(Suite.values())
        .filter(suite -> suite.fits(HandshakeKind.SERVER_HELLO_X509))
        .flatMap(suite ->
            Stream.<Supplier<JdkTlsCrypto>>of(HandshakeTest::libcrypto, HandshakeTest::jdk)
                .flatMap(crypto ->
                    keyrings(suite).map(keyring -> Arguments.of(suite, keyring, crypto))));
  }

  private static Stream<String> keyrings(Suite suite) {
    String name = suite.name();
    return name.contains("ECDSA")
        ? Stream.of("p256", "p384")
        : name.contains("RSA") ? Stream.of("rsa") : Stream.of("p256", "p384", "rsa");
  }

  /// Goal: the record layer goes on exactly where the handshake stopped. Method: data in both
  /// directions, several records each, between the JDK and a socket with the keys of the handshake.
  @ParameterizedTest
  @MethodSource("suites")
  void theRecordLayerGoesOnWithTheKeys(Suite suite, String keyring, Supplier<JdkTlsCrypto> crypto)
      throws Exception {
    JdkClient client =
        new JdkClient(parameters -> parameters.setCipherSuites(new String[] {suite.name()}));
    HandshakeAnswer.Established established =
        established(
            run(server(request(keyring, TlsPolicy.DEFAULT), crypto.get()), client, Split.NONE));
    assertThat(established.session().cipherSuite()).isEqualTo(suite.name());
    assertThat(established.session().version()).isEqualTo(suite.version());
    assertThat(established.session().group()).isEqualTo("x25519");
    exchange(client, established);
  }

  private static void exchange(JdkClient client, HandshakeAnswer.Established established)
      throws Exception {
    MemoryTransport transport = new MemoryTransport();
    RecordEngine engine = new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe());
    KtlsSocket socket = engine.socket(transport);
    socket.setUlp(KtlsSocket.TLS_ULP);
    established.keys().installOn(socket);
    for (String text : List.of("one", "two", "three")) {
      socket.received(direct(client.seal(text)));
      assertThat(text(socket.recv())).isEqualTo(text);
      socket.send(direct(text.getBytes(StandardCharsets.UTF_8)));
      client.receive(transport.takeSent());
    }
    assertThat(client.data()).isEqualTo("onetwothree");
    socket.close();
    transport.release();
  }

  /// Goal: no nonce of AES-GCM comes twice under the one key of TLS 1.2 (RFC 5288 §3). Method: the
  /// explicit nonces of the server's Finished and of the first record behind it.
  @Test
  void theExplicitNonceOfTls12CountsOnFromTheFinished() throws Exception {
    JdkClient client =
        new JdkClient(parameters ->
            parameters.setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}));
    // Without a ticket in front of it.
    TlsPolicy policy = TlsPolicy.DEFAULT.withTicketLifetime(Duration.ZERO);
    HandshakeAnswer.Established established =
        established(run(server(request("p256", policy), libcrypto()), client, Split.NONE));
    ByteBuf output = established.output();
    int finished = output.readerIndex() + 6;
    assertThat(output.getByte(finished))
        .as("a record behind ChangeCipherSpec")
        .isEqualTo((byte) 22);
    assertThat(output.getLong(finished + 5)).isZero();
    MemoryTransport transport = new MemoryTransport();
    KtlsSocket socket =
        new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe()).socket(transport);
    socket.setUlp(KtlsSocket.TLS_ULP);
    established.keys().installOn(socket);
    socket.send(direct(new byte[1]));
    assertThat(Arrays.copyOfRange(transport.takeSent(), 5, 13))
        .isEqualTo(new byte[] {0, 0, 0, 0, 0, 0, 0, 1});
    established.discard();
    socket.close();
    transport.release();
  }

  private static ByteBuf direct(byte[] bytes) {
    return ByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
  }

  private static String text(Received received) {
    assertThat(received).isInstanceOf(Received.ApplicationData.class);
    ByteBuf content = ((Received.ApplicationData) received).content();
    String text = content.toString(StandardCharsets.UTF_8);
    content.release();
    return text;
  }

  @ParameterizedTest
  @ValueSource(strings = {"x25519", "secp256r1", "secp384r1", "secp521r1"})
  void everyGroupWorksWithEitherCrypto(String group) throws Exception {
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      for (JdkTlsCrypto crypto : List.of(libcrypto(), jdk())) {
        JdkClient client =
            new JdkClient(parameters -> {
              parameters.setNamedGroups(
                  group.equals("secp256r1")
                      ? new String[] {group}
                      : new String[] {group, "secp256r1"});
              parameters.setProtocols(new String[] {version});
            });
        HandshakeAnswer.Established established =
            established(
                run(server(request("p256", TlsPolicy.DEFAULT), crypto), client, Split.NONE));
        assertThat(established.session().group()).isEqualTo(group);
        exchange(client, established);
      }
    }
  }

  /// The client's key share is for a group that is not spoken here.
  @Test
  void aHelloRetryRequestFindsTheSharedGroup() throws Exception {
    JdkClient client =
        new JdkClient(
            parameters -> parameters.setNamedGroups(new String[] {"secp521r1", "secp384r1"}));
    TlsPolicy policy = TlsPolicy.DEFAULT.withGroups(List.of(Group.P384));
    HandshakeAnswer.Established established =
        established(run(server(request("rsa", policy), libcrypto()), client, Split.NONE));
    assertThat(established.session().group()).isEqualTo("secp384r1");
    exchange(client, established);
  }

  // ---- Pieces.

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void theClientsBytesMayComeInAnyPieces(String version) throws Exception {
    for (Split split : List.of(Split.BYTES, Split.RECORDS)) {
      JdkClient client =
          new JdkClient(parameters -> parameters.setProtocols(new String[] {version}));
      exchange(client, established(run(server("p256"), client, split)));
    }
  }

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void whatStandsBehindTheHandshakeIsGivenBack(TlsVersion version) throws Exception {
    JdkClient client =
        new JdkClient(parameters -> parameters.setProtocols(new String[] {version.toString()}));
    try (Handshake server = server("p256")) {
      client.receive(output(server.receive(Unpooled.wrappedBuffer(client.flight()))));
      byte[] last = client.flight();
      byte[] behind = {23, 3, 3, 0, 40, 1, 2, 3};
      byte[] both = Arrays.copyOf(last, last.length + behind.length);
      System.arraycopy(behind, 0, both, last.length, behind.length);
      HandshakeAnswer.Established established =
          established(server.receive(Unpooled.wrappedBuffer(both)));
      assertThat(ByteBufUtil.getBytes(established.unconsumed())).isEqualTo(behind);
      established.discard();
    }
  }

  private static byte[] output(HandshakeAnswer answer) {
    assertThat(answer).isInstanceOf(HandshakeAnswer.NeedInput.class);
    return ByteBufUtil.getBytes(answer.output());
  }

  // ---- Choices.

  @Test
  void theServerNameChoosesTheCertificate() throws Exception {
    assertThat(certificateFor("site.example")).isEqualTo("CN=p256.example");
    assertThat(certificateFor("any.wild.example")).isEqualTo("CN=p256.example");
    assertThat(certificateFor("p384.example")).isEqualTo("CN=p384.example");
    assertThat(certificateFor("rsa.example")).isEqualTo("CN=rsa.example");
    assertThat(certificateFor("RSA.Example")).isEqualTo("CN=rsa.example");
    assertThat(certificateFor("unknown.example")).isEqualTo("CN=p256.example");
    assertThat(certificateFor("too.deep.wild.example")).isEqualTo("CN=p256.example");
  }

  private static String certificateFor(String serverName) throws Exception {
    JdkClient client = new JdkClient(named(serverName));
    Session session = session(run(server("all"), client, Split.NONE));
    assertThat(session.sni()).isEqualTo(serverName.toLowerCase(Locale.ROOT));
    return subject(client);
  }

  private static Consumer<SSLParameters> named(String serverName) {
    return parameters -> parameters.setServerNames(List.of(new SNIHostName(serverName)));
  }

  private static String subject(JdkClient client) throws Exception {
    X509Certificate certificate =
        (X509Certificate) client.engine().getSession().getPeerCertificates()[0];
    return certificate.getSubjectX500Principal().getName();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientThatVerifiesRsaOnlyGetsTheRsaCertificate(String version) throws Exception {
    JdkClient client =
        new JdkClient(
            named("site.example")
                .andThen(parameters -> {
                  parameters.setProtocols(new String[] {version});
                  parameters.setSignatureSchemes(
                      new String[] {"rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"});
                }));
    assertThat(session(run(server("all"), client, Split.NONE))).isNotNull();
    assertThat(subject(client)).isEqualTo("CN=rsa.example");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512"})
  void aTls12ClientWithoutPssGetsPkcs1(String scheme) throws Exception {
    for (JdkTlsCrypto crypto : List.of(libcrypto(), jdk())) {
      JdkClient client =
          new JdkClient(parameters -> {
            parameters.setProtocols(new String[] {"TLSv1.2"});
            parameters.setSignatureSchemes(new String[] {scheme});
          });
      assertThat(
              session(run(server(request("rsa", TlsPolicy.DEFAULT), crypto), client, Split.NONE)))
          .isNotNull();
    }
  }

  @Test
  void noCertificateThatTheClientVerifiesIsEnokey() throws Exception {
    JdkClient client =
        new JdkClient(
            parameters -> parameters.setSignatureSchemes(new String[] {"rsa_pss_rsae_sha256"}));
    HandshakeAnswer.Refused refused = refused(receiveFirst(server("p256"), client));
    assertThat(refused.outcome().status()).isEqualTo(HandshakeStatus.ENOKEY);
    assertAlert(refused, 40);
  }

  @Test
  void aSerialThatTheKeyringDoesNotHoldIsEnokey() throws Exception {
    HandshakeRequest request =
        new HandshakeRequest(
            HandshakeKind.SERVER_HELLO_X509,
            null,
            "p256",
            new KeySerial(99),
            new KeySerial(98),
            List.of(),
            TlsPolicy.DEFAULT,
            "test",
            "");
    HandshakeAnswer.Refused refused =
        refused(receiveFirst(server(request, libcrypto()), new JdkClient(_ -> {})));
    assertThat(refused.outcome().status()).isEqualTo(HandshakeStatus.ENOKEY);
    assertThat(refused.outcome().detail()).contains("00000063");
    assertAlert(refused, 80);
  }

  @Test
  void aSerialChoosesTheCertificateWhateverTheName() throws Exception {
    Keyring keyring = STORE.acquire("all").orElseThrow();
    var rsa = keyring.certificates().get(2);
    keyring.release();
    HandshakeRequest request =
        new HandshakeRequest(
            HandshakeKind.SERVER_HELLO_X509,
            null,
            "all",
            rsa.certificate(),
            rsa.privateKey(),
            List.of(),
            TlsPolicy.DEFAULT,
            "test",
            "");
    JdkClient client = new JdkClient(named("p384.example"));
    session(run(server(request, libcrypto()), client, Split.NONE));
    assertThat(subject(client)).isEqualTo("CN=rsa.example");
    HandshakeRequest mixed =
        new HandshakeRequest(
            HandshakeKind.SERVER_HELLO_X509,
            null,
            "all",
            rsa.certificate(),
            new KeySerial(1),
            List.of(),
            TlsPolicy.DEFAULT,
            "test",
            "");
    assertThat(
            refused(receiveFirst(server(mixed, libcrypto()), new JdkClient(_ -> {})))
                .outcome()
                .status())
        .isEqualTo(HandshakeStatus.EINVAL);
  }

  @Test
  void theServersOrderDecidesTheApplicationProtocol() throws Exception {
    TlsPolicy policy = TlsPolicy.DEFAULT.withAlpn(List.of("h2", "http/1.1"));
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      JdkClient client =
          new JdkClient(parameters -> {
            parameters.setProtocols(new String[] {version});
            parameters.setApplicationProtocols(new String[] {"http/1.1", "h2"});
          });
      Session session = session(run(server(request("p256", policy), jdk()), client, Split.NONE));
      assertThat(session.alpn()).isEqualTo("h2");
      assertThat(client.engine().getApplicationProtocol()).isEqualTo("h2");
    }
  }

  @Test
  void noSharedApplicationProtocolIsAlert120() throws Exception {
    TlsPolicy policy = TlsPolicy.DEFAULT.withAlpn(List.of("h2"));
    JdkClient client =
        new JdkClient(parameters -> parameters.setApplicationProtocols(new String[] {"http/1.0"}));
    HandshakeAnswer.Refused refused =
        refused(receiveFirst(server(request("p256", policy), jdk()), client));
    assertThat(refused.outcome().status()).isEqualTo(HandshakeStatus.EACCES);
    assertAlert(refused, 120);
  }

  @Test
  void anApplicationProtocolNobodyConfiguredIsIgnored() throws Exception {
    JdkClient client =
        new JdkClient(parameters -> parameters.setApplicationProtocols(new String[] {"h2"}));
    assertThat(session(run(server("p256"), client, Split.NONE)).alpn()).isNull();
  }

  @Test
  void aVersionOutsideThePolicyIsAlert70() throws Exception {
    TlsPolicy only13 = TlsPolicy.DEFAULT.withVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_3);
    JdkClient client =
        new JdkClient(parameters -> parameters.setProtocols(new String[] {"TLSv1.2"}));
    HandshakeAnswer.Refused refused =
        refused(receiveFirst(server(request("p256", only13), jdk()), client));
    assertThat(refused.outcome().detail()).startsWith("no shared protocol version");
    assertAlert(refused, 70);

    TlsPolicy only12 = TlsPolicy.DEFAULT.withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2);
    Session session =
        session(run(server(request("p256", only12), jdk()), new JdkClient(_ -> {}), Split.NONE));
    assertThat(session.version()).isEqualTo(TlsVersion.TLS_1_2);
  }

  @Test
  void noSharedSuiteIsAlert40() throws Exception {
    JdkClient client =
        new JdkClient(parameters ->
            parameters.setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"}));
    HandshakeAnswer.Refused refused = refused(receiveFirst(server("p256"), client));
    assertThat(refused.outcome().detail()).isEqualTo("no shared cipher suite");
    assertAlert(refused, 40);
  }

  private static HandshakeAnswer receiveFirst(Handshake server, JdkClient client) throws Exception {
    try (server) {
      return server.receive(Unpooled.wrappedBuffer(client.flight()));
    }
  }

  // ---- Faults.

  private static HandshakeAnswer receive(byte[] bytes) {
    try (Handshake server = server("p256")) {
      return server.receive(Unpooled.wrappedBuffer(bytes));
    }
  }

  /// A plaintext alert, whatever version its record has.
  private static void assertAlert(HandshakeAnswer.Refused refused, int alert) {
    byte[] output = ByteBufUtil.getBytes(refused.output());
    assertThat(output).hasSize(7).startsWith(21, 3).endsWith(0, 2, 2, alert);
  }

  @Test
  void plainHttpIsNamedAndGetsNoAnswer() {
    HandshakeAnswer.Refused refused =
        refused(receive("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    assertThat(refused.outcome().detail()).isEqualTo("plain HTTP request on a TLS port");
    assertThat(refused.outcome().status()).isEqualTo(HandshakeStatus.EACCES);
    assertThat(ByteBufUtil.getBytes(refused.output())).isEqualTo(NOTHING);
  }

  @Test
  void whatIsNoTlsGetsNoAnswer() {
    HandshakeAnswer.Refused refused =
        refused(receive("SSH-2.0-x\r\n".getBytes(StandardCharsets.US_ASCII)));
    assertThat(refused.outcome().detail()).isEqualTo("not a TLS record");
    assertThat(ByteBufUtil.getBytes(refused.output())).isEqualTo(NOTHING);
  }

  @Test
  void aRecordThatIsTooLongIsRefusedByItsHeader() {
    assertAlert(refused(receive(new byte[] {22, 3, 1, 0x40, 1})), 22);
    assertAlert(refused(receive(new byte[] {23, 3, 3, 0x41, 1})), 22);
    assertThat(receive(new byte[] {22, 3, 1, 0x40, 0}))
        .isInstanceOf(HandshakeAnswer.NeedInput.class);
  }

  @Test
  void aRecordOfUnknownTypeIsUnexpected() {
    assertAlert(refused(receive(new byte[] {99, 3, 1, 0, 1, 0})), 10);
    assertAlert(refused(receive(new byte[] {23, 3, 3, 0, 1, 0})), 10);
  }

  @Test
  void aMessageThatIsNoClientHelloIsUnexpected() {
    assertAlert(refused(receive(new byte[] {22, 3, 1, 0, 4, 20, 0, 0, 0})), 10);
  }

  @Test
  void aBrokenClientHelloIsADecodeError() {
    assertAlert(refused(receive(new byte[] {22, 3, 1, 0, 5, 1, 0, 0, 1, 0})), 50);
  }

  @Test
  void theAlertOfThePeerIsNamed() throws Exception {
    HandshakeAnswer.Refused refused = refused(receive(new byte[] {21, 3, 1, 0, 2, 2, 48}));
    assertThat(refused.outcome().detail()).isEqualTo("peer sent alert 48 unknown_ca");
    assertThat(refused.outcome().status()).isEqualTo(HandshakeStatus.EACCES);
  }

  @Test
  void aPeerThatClosesTheSessionTimesOut() throws Exception {
    HandshakeAnswer.Refused refused = refused(receive(new byte[] {21, 3, 1, 0, 2, 1, 0}));
    assertThat(refused.outcome().status()).isEqualTo(HandshakeStatus.ETIMEDOUT);
  }

  /// Warning alerts do not end a handshake; without an end to them it would have none.
  @Test
  void inputWithoutEndIsRefused() {
    byte[] warnings = new byte[(Handshake.INPUT_MAX / 7 + 1) * 7];
    for (int at = 0; at < warnings.length; at += 7) {
      System.arraycopy(new byte[] {21, 3, 1, 0, 2, 1, 112}, 0, warnings, at, 7);
    }
    HandshakeAnswer.Refused refused = refused(receive(warnings));
    assertThat(refused.outcome().detail()).contains("without completing its handshake");
    assertAlert(refused, 47);
  }

  @Test
  void aMessageBehindTheClientHelloInItsRecordIsUnexpected() throws Exception {
    byte[] hello = new JdkClient(_ -> {}).flight();
    byte[] glued = Arrays.copyOf(hello, hello.length + 4);
    glued[glued.length - 4] = 20;
    int length = glued.length - 5;
    glued[3] = (byte) (length >> 8);
    glued[4] = (byte) length;
    HandshakeAnswer.Refused refused = refused(receive(glued));
    assertThat(refused.outcome().detail()).contains("behind a client_hello");
    assertAlert(refused, 10);
  }

  @Test
  void aPlaintextMessageWhereTls13EncryptsIsUnexpected() throws Exception {
    try (Handshake server = server("p256")) {
      output(server.receive(Unpooled.wrappedBuffer(new JdkClient(_ -> {}).flight())));
      HandshakeAnswer.Refused refused =
          refused(server.receive(Unpooled.wrappedBuffer(new byte[] {22, 3, 3, 0, 4, 20, 0, 0, 0})));
      assertThat(refused.outcome().detail()).contains("plaintext message");
      // Under the application keys, which is why it is longer.
      assertThat(refused.output().readableBytes()).isEqualTo(5 + 2 + 1 + 16);
    }
  }

  /// Goal: a client that fails to prove the handshake gets an alert that it can read. Method: one
  /// flipped bit in the record of its Finished.
  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void aBrokenFinishedIsRefused(TlsVersion version) throws Exception {
    JdkClient client =
        new JdkClient(parameters -> parameters.setProtocols(new String[] {version.toString()}));
    try (Handshake server = server("p256")) {
      client.receive(output(server.receive(Unpooled.wrappedBuffer(client.flight()))));
      byte[] last = client.flight();
      last[last.length - 1] ^= 1;
      HandshakeAnswer.Refused refused = refused(server.receive(Unpooled.wrappedBuffer(last)));
      assertThat(refused.outcome().detail()).startsWith("sent alert 20 bad_record_mac");
      byte[] alert = ByteBufUtil.getBytes(refused.output());
      assertThatThrownBy(() -> client.receive(alert)).hasMessageContaining("bad_record_mac");
    }
  }
}
