package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.bouncycastle.tls.crypto.TlsKemDomain;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The groups for the key exchange in whole handshakes, with Bouncy Castle's client and its own
/// cryptography on the other side.
@ExtendWith(LeakCheck.class)
class GroupsTest {
  private static final int HYBRID = NamedGroup.X25519MLKEM768;
  private static final int X25519 = NamedGroup.x25519;
  private static final int P256 = NamedGroup.secp256r1;
  private static final int X448 = NamedGroup.x448;
  private static final LocalKeyringStore STORE = new LocalKeyringStore();
  private static final AgentResources RESOURCES = AgentResources.of(STORE, InstantSource.system());

  @TempDir private static Path folder;

  @BeforeAll
  static void makeKeyrings() {
    TestFiles files = new TestFiles(folder);
    files.certificate("rsa", "rsa:2048", "DNS:rsa.example");
    STORE.put(files.keyring(STORE, "rsa", "rsa"));
  }

  @AfterAll
  static void wipeKeyrings() {
    RESOURCES.close();
    STORE.close();
  }

  /// What came of a handshake, and after how many flights of the client.
  private record Outcome(HandshakeAnswer answer, int flights) {
    String group() {
      assertThat(answer).isInstanceOf(HandshakeAnswer.Established.class);
      HandshakeAnswer.Established established = (HandshakeAnswer.Established) answer;
      established.discard();
      return established.session().group();
    }

    void assertAlert(int alert) {
      assertThat(answer).isInstanceOf(HandshakeAnswer.Refused.class);
      byte[] output = ByteBufUtil.getBytes(((HandshakeAnswer.Refused) answer).output());
      assertThat(output).hasSize(7).startsWith(21, 3).endsWith(0, 2, 2, alert);
    }
  }

  private static Handshake server(JdkTlsCrypto crypto) {
    Keyring keyring = STORE.acquire("rsa").orElseThrow();
    HandshakeRequest request =
        new HandshakeRequest(
            HandshakeKind.SERVER_HELLO_X509,
            null,
            "rsa",
            KeySerial.NONE,
            KeySerial.NONE,
            List.of(),
            TlsPolicy.DEFAULT,
            "test",
            "");
    return Handshake.of(request, keyring, crypto, RESOURCES);
  }

  private static Outcome run(JdkTlsCrypto crypto, BcClient client) throws IOException {
    try (Handshake server = server(crypto)) {
      for (int flights = 1; ; flights++) {
        byte[] flight = client.flight();
        assertThat(flight).as("flight of the client").isNotEmpty();
        HandshakeAnswer answer = server.receive(Unpooled.wrappedBuffer(flight));
        if (answer instanceof HandshakeAnswer.Refused) {
          return new Outcome(answer, flights);
        }
        client.receive(ByteBufUtil.getBytes(answer.output()));
        if (answer instanceof HandshakeAnswer.Established) {
          assertThat(client.isComplete()).as("client is done").isTrue();
          return new Outcome(answer, flights);
        }
      }
    }
  }

  private static BcTlsCrypto bouncyCastle() {
    return new BcTlsCrypto(new SecureRandom());
  }

  /// Where it is to be had: the build also runs these tests without it.
  private static JdkTlsCrypto libcrypto() {
    return JdkTlsCrypto.probe(new SecureRandom());
  }

  private static JdkTlsCrypto jdk() {
    return new JdkTlsCrypto(new SecureRandom());
  }

  private static Stream<Supplier<JdkTlsCrypto>> cryptos() {
    return Stream.of(GroupsTest::libcrypto, GroupsTest::jdk);
  }

  private static BcClient client13(List<Integer> groups, List<Integer> shares) throws IOException {
    return new BcClient(bouncyCastle(), ProtocolVersion.TLSv13, groups, shares);
  }

  private static BcClient client12(List<Integer> groups) throws IOException {
    return new BcClient(bouncyCastle(), ProtocolVersion.TLSv12, groups, List.of());
  }

  static Stream<Arguments> groups() {
    return Arrays.stream(KeyExchangeGroup.values())
        .flatMap(group -> cryptos().map(crypto -> Arguments.of(group, crypto)));
  }

  @ParameterizedTest
  @MethodSource("groups")
  void everyGroupWorksAtOnceAndAfterARetry(KeyExchangeGroup group, Supplier<JdkTlsCrypto> crypto)
      throws Exception {
    List<Integer> only = List.of(group.number());
    String name = NamedGroup.getName(group.number());
    Outcome atOnce = run(crypto.get(), client13(only, only));
    assertThat(atOnce.group()).isEqualTo(name);
    assertThat(atOnce.flights()).isEqualTo(2);
    Outcome retried = run(crypto.get(), client13(only, List.of()));
    assertThat(retried.group()).isEqualTo(name);
    assertThat(retried.flights()).isEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("groups")
  void tls12HasEveryGroupButTheHybridOne(KeyExchangeGroup group, Supplier<JdkTlsCrypto> crypto)
      throws Exception {
    List<Integer> hybridFirst = List.of(HYBRID, group.number());
    Outcome outcome = run(crypto.get(), client12(hybridFirst));
    if (group == KeyExchangeGroup.X25519_MLKEM768) {
      outcome.assertAlert(40);
    } else {
      assertThat(outcome.group()).isEqualTo(NamedGroup.getName(group.number()));
    }
  }

  @Test
  void aShareOfTheHybridGroupIsTakenBehindOthers() throws Exception {
    List<Integer> groups = List.of(X25519, P256, HYBRID);
    assertThat(run(libcrypto(), client13(groups, groups)).group()).isEqualTo("X25519MLKEM768");
  }

  @Test
  void noRetryIsAskedForTheHybridGroupAlone() throws Exception {
    Outcome outcome = run(libcrypto(), client13(List.of(HYBRID, X25519), List.of(X25519)));
    assertThat(outcome.group()).isEqualTo("x25519");
    assertThat(outcome.flights()).isEqualTo(2);
  }

  @Test
  void aShareIsWorthMoreThanTheClientsOrder() throws Exception {
    Outcome outcome = run(libcrypto(), client13(List.of(X448, X25519, P256), List.of(X448, P256)));
    assertThat(outcome.group()).isEqualTo("secp256r1");
    assertThat(outcome.flights()).isEqualTo(2);
  }

  @Test
  void aRetryThatMustBeIsForTheHybridGroup() throws Exception {
    Outcome outcome = run(libcrypto(), client13(List.of(X448, X25519, HYBRID), List.of(X448)));
    assertThat(outcome.group()).isEqualTo("X25519MLKEM768");
    assertThat(outcome.flights()).isEqualTo(3);
  }

  @Test
  void withoutASharedGroupThereIsNoHandshake() throws Exception {
    run(libcrypto(), client13(List.of(X448), List.of(X448))).assertAlert(40);
  }

  // ---- Shares that are wrong.

  /// Bouncy Castle's cryptography with shares that are changed before they are sent.
  private static final class Spoiled extends BcTlsCrypto {
    private final UnaryOperator<byte[]> changeKem;
    private final UnaryOperator<byte[]> changePoint;

    Spoiled(UnaryOperator<byte[]> changeKem, UnaryOperator<byte[]> changePoint) {
      super(new SecureRandom());
      this.changeKem = changeKem;
      this.changePoint = changePoint;
    }

    @Override
    public TlsECDomain createECDomain(TlsECConfig config) {
      TlsAgreement agreement = super.createECDomain(config).createECDH();
      return () -> spoiled(agreement, changePoint);
    }

    @Override
    public TlsKemDomain createKemDomain(TlsKemConfig config) {
      TlsAgreement agreement = super.createKemDomain(config).createKem();
      return () -> spoiled(agreement, changeKem);
    }

    private static TlsAgreement spoiled(TlsAgreement agreement, UnaryOperator<byte[]> change) {
      return new TlsAgreement() {
        @Override
        public byte[] generateEphemeral() throws IOException {
          return change.apply(agreement.generateEphemeral());
        }

        @Override
        public void receivePeerValue(byte[] value) throws IOException {
          agreement.receivePeerValue(value);
        }

        @Override
        public TlsSecret calculateSecret() throws IOException {
          return agreement.calculateSecret();
        }
      };
    }
  }

  /// Sends the share in the first ClientHello, and in one that was asked for.
  private static void assertIllegal(
      KeyExchangeGroup group, Supplier<JdkTlsCrypto> crypto, Supplier<TlsCrypto> spoiled)
      throws IOException {
    List<Integer> only = List.of(group.number());
    run(crypto.get(), new BcClient(spoiled.get(), ProtocolVersion.TLSv13, only, only))
        .assertAlert(47);
    Outcome retried =
        run(crypto.get(), new BcClient(spoiled.get(), ProtocolVersion.TLSv13, only, List.of()));
    retried.assertAlert(47);
    assertThat(retried.flights()).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource("groups")
  void aShareOfWrongLengthIsIllegal(KeyExchangeGroup group, Supplier<JdkTlsCrypto> crypto)
      throws Exception {
    for (int change : new int[] {-1, 1}) {
      assertIllegal(
          group,
          crypto,
          () ->
              new Spoiled(
                  UnaryOperator.identity(), share -> Arrays.copyOf(share, share.length + change)));
    }
    assertIllegal(group, crypto, () -> new Spoiled(_ -> new byte[1], _ -> new byte[1]));
  }

  @ParameterizedTest
  @MethodSource("groups")
  void aShareOfZerosIsIllegal(KeyExchangeGroup group, Supplier<JdkTlsCrypto> crypto)
      throws Exception {
    assertIllegal(
        group,
        crypto,
        () -> new Spoiled(UnaryOperator.identity(), share -> new byte[share.length]));
  }

  @Test
  void anInvalidMlKemKeyIsIllegal() throws Exception {
    UnaryOperator<byte[]> tooGreat =
        share -> {
          share[0] = (byte) 0xFF;
          share[1] |= 0x0F;
          return share;
        };
    for (Supplier<JdkTlsCrypto> crypto : cryptos().toList()) {
      assertIllegal(
          KeyExchangeGroup.X25519_MLKEM768,
          crypto,
          () -> new Spoiled(tooGreat, UnaryOperator.identity()));
    }
  }

  /// Goal: shares that cannot be decoded are refused as that, in a record and message of right
  /// length. Method: the share of X25519 becomes an empty one and a longer one of another group;
  /// and it claims to be longer than its extension.
  @Test
  void aShareThatCannotBeReadIsADecodeError() throws Exception {
    assertDecodeError(0, 29, 0, 0, 0x0A, 0x0A, 0, 28);
    assertDecodeError(0, 29, 0, 33);
    assertDecodeError(0, 29, 0xFF, 0xFF);
  }

  private static void assertDecodeError(int... share) throws IOException {
    byte[] hello = client13(List.of(X25519), List.of(X25519)).flight();
    int at = indexOf(hello, new byte[] {0, 29, 0, 32});
    for (int i = 0; i < share.length; i++) {
      hello[at + i] = (byte) share[i];
    }
    try (Handshake server = server(libcrypto())) {
      new Outcome(server.receive(Unpooled.wrappedBuffer(hello)), 1).assertAlert(50);
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (Arrays.mismatch(bytes, at, at + part.length, part, 0, part.length) < 0) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }
}
