package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsHybridAgreement;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Both halves of every group, against each other and against Bouncy Castle's own.
class KeyExchangeTest {
  private static final int ILLEGAL_PARAMETER = 47;
  private static final int ROUNDS = 8;

  private enum Crypto {
    /// Where it is to be had; else the next.
    LIBCRYPTO,
    JDK,
    BOUNCY_CASTLE;

    TlsCrypto create(long seed) {
      SecureRandom random = seeded(seed);
      return switch (this) {
        case LIBCRYPTO -> JdkTlsCrypto.probe(random);
        case JDK -> new JdkTlsCrypto(random);
        case BOUNCY_CASTLE -> new BcTlsCrypto(random);
      };
    }
  }

  private static SecureRandom seeded(long seed) {
    try {
      SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
      random.setSeed(seed);
      return random;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private enum Role {
    CLIENT,
    SERVER
  }

  /// One half of `group`, put together as Bouncy Castle does it.
  private static TlsAgreement half(TlsCrypto crypto, KeyExchangeGroup group, Role role) {
    if (group != KeyExchangeGroup.X25519_MLKEM768) {
      return crypto.createECDomain(new TlsECConfig(group.number())).createECDH();
    }
    return new TlsHybridAgreement(
        crypto,
        kem(crypto, role),
        crypto.createECDomain(new TlsECConfig(NamedGroup.x25519)).createECDH(),
        role == Role.SERVER ? MlKem768.PUBLIC_KEY_LENGTH : MlKem768.CIPHERTEXT_LENGTH);
  }

  private static TlsAgreement kem(TlsCrypto crypto, Role role) {
    return crypto
        .createKemDomain(new TlsKemConfig(NamedGroup.MLKEM768, role == Role.SERVER))
        .createKem();
  }

  private static void close(TlsCrypto crypto) {
    if (crypto instanceof JdkTlsCrypto own) {
      own.close();
    }
  }

  /// Goal: both sides of a handshake come to one secret. Method: every crypto as a client with
  /// every one as a server, Bouncy Castle's own among them; and the shares have the lengths of the
  /// group.
  @ParameterizedTest
  @EnumSource(KeyExchangeGroup.class)
  void bothSidesComeToTheSameSecret(KeyExchangeGroup group) throws Exception {
    for (Crypto clients : Crypto.values()) {
      for (Crypto servers : Crypto.values()) {
        for (long seed = 0; seed < ROUNDS; seed++) {
          TlsCrypto client = clients.create(seed);
          TlsCrypto server = servers.create(~seed);
          String round = clients + " with " + servers + ", seed " + seed;
          TlsAgreement clientHalf = half(client, group, Role.CLIENT);
          TlsAgreement serverHalf = half(server, group, Role.SERVER);

          byte[] clientShare = clientHalf.generateEphemeral();
          group.requireClientShare(clientShare);
          serverHalf.receivePeerValue(clientShare);
          byte[] serverShare = serverHalf.generateEphemeral();
          group.requireServerShare(serverShare);
          clientHalf.receivePeerValue(serverShare);
          byte[] secret = clientHalf.calculateSecret().extract();

          assertThat(serverHalf.calculateSecret().extract()).as(round).isEqualTo(secret);
          assertThat(secret).as(round).hasSize(secretLength(group));
          close(client);
          close(server);
        }
      }
    }
  }

  private static int secretLength(KeyExchangeGroup group) {
    return switch (group) {
      case X25519_MLKEM768 -> 64;
      case X25519, P256 -> 32;
      case P384 -> 48;
      case P521 -> 66;
    };
  }

  static Stream<JdkTlsCrypto> own() {
    return Stream.of(JdkTlsCrypto.probe(new SecureRandom()), new JdkTlsCrypto(new SecureRandom()));
  }

  @ParameterizedTest
  @MethodSource("own")
  void theFirstSecretOfAHybridStandsFirstAndBothAreSpent(JdkTlsCrypto crypto) {
    TlsSecret first = crypto.createSecret(new byte[] {1, 2});
    TlsSecret second = crypto.createSecret(new byte[] {3});
    assertThat(crypto.createHybridSecret(first, second).extract()).containsExactly(1, 2, 3);
    assertThat(first.isAlive()).isFalse();
    assertThat(second.isAlive()).isFalse();
  }

  /// A client has several key pairs at a time, and the server chooses.
  @ParameterizedTest
  @MethodSource("own")
  void aClientMayOfferSeveralShares(JdkTlsCrypto crypto) throws Exception {
    List<KeyExchangeGroup> groups = List.of(KeyExchangeGroup.values());
    TlsAgreement[] clients = new TlsAgreement[groups.size()];
    byte[][] shares = new byte[groups.size()][];
    for (int i = 0; i < groups.size(); i++) {
      clients[i] = half(crypto, groups.get(i), Role.CLIENT);
      shares[i] = clients[i].generateEphemeral();
    }
    BcTlsCrypto peer = new BcTlsCrypto(new SecureRandom());
    for (int i = 0; i < groups.size(); i++) {
      TlsAgreement server = half(peer, groups.get(i), Role.SERVER);
      server.receivePeerValue(shares[i]);
      clients[i].receivePeerValue(server.generateEphemeral());
      assertThat(clients[i].calculateSecret().extract())
          .as("%s", groups.get(i))
          .isEqualTo(server.calculateSecret().extract());
    }
    crypto.close();
  }

  @ParameterizedTest
  @MethodSource("own")
  void keyPairsThatAreNotUsedGoWithTheHandshake(JdkTlsCrypto crypto) throws Exception {
    TlsAgreement half = half(crypto, KeyExchangeGroup.P256, Role.CLIENT);
    byte[] share = half.generateEphemeral();
    crypto.close();
    crypto.close();
    if (crypto instanceof LibcryptoTlsCrypto) {
      half.receivePeerValue(share);
      assertThatThrownBy(half::calculateSecret).isInstanceOf(IllegalStateException.class);
    }
  }

  // ---- What a peer can get wrong.

  private static void assertIllegalParameter(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(Refusal.class)
        .satisfies(e ->
            assertThat(((TlsFatalAlert) e).getAlertDescription())
                .isEqualTo((short) ILLEGAL_PARAMETER));
  }

  @ParameterizedTest
  @MethodSource("own")
  void aShareOfWrongLengthIsIllegal(JdkTlsCrypto crypto) throws Exception {
    for (KeyExchangeGroup group : KeyExchangeGroup.values()) {
      if (group == KeyExchangeGroup.X25519_MLKEM768) {
        continue;
      }
      byte[] share = half(crypto, group, Role.CLIENT).generateEphemeral();
      for (int length :
          new int[] {0, 1, share.length / 2 + 1, share.length - 1, share.length + 1}) {
        assertIllegalParameter(() -> receive(crypto, group, Arrays.copyOf(share, length)));
      }
    }
    for (int length : new int[] {0, 1, 1087, 1088, 1183, 1185}) {
      assertIllegalParameter(() -> kem(crypto, Role.SERVER).receivePeerValue(new byte[length]));
    }
    for (int length : new int[] {0, 1, 1087, 1089, 1184}) {
      assertIllegalParameter(() -> kem(crypto, Role.CLIENT).receivePeerValue(new byte[length]));
    }
    crypto.close();
  }

  /// Both halves of an exchange on a curve, up to the secret.
  private static void receive(JdkTlsCrypto crypto, KeyExchangeGroup group, byte[] share)
      throws Exception {
    TlsAgreement half = half(crypto, group, Role.SERVER);
    half.receivePeerValue(share);
    half.generateEphemeral();
    half.calculateSecret();
  }

  @ParameterizedTest
  @MethodSource("own")
  void aPointThatIsNotOnTheCurveOrNotPlainIsIllegal(JdkTlsCrypto crypto) throws Exception {
    for (KeyExchangeGroup group :
        List.of(KeyExchangeGroup.P256, KeyExchangeGroup.P384, KeyExchangeGroup.P521)) {
      byte[] share = half(crypto, group, Role.CLIENT).generateEphemeral();
      byte[] off = share.clone();
      off[off.length - 1] ^= 1;
      assertIllegalParameter(() -> receive(crypto, group, off));
      byte[] hybrid = share.clone();
      hybrid[0] = (byte) (6 | (hybrid[hybrid.length - 1] & 1));
      assertIllegalParameter(() -> receive(crypto, group, hybrid));
      byte[] compressed = Arrays.copyOf(share, 1 + share.length / 2);
      compressed[0] = (byte) (2 | (share[share.length - 1] & 1));
      assertIllegalParameter(() -> receive(crypto, group, compressed));
    }
    crypto.close();
  }

  @ParameterizedTest
  @MethodSource("own")
  void anX25519SecretOfZerosIsIllegal(JdkTlsCrypto crypto) {
    byte[] one = new byte[32];
    one[0] = 1;
    assertIllegalParameter(() -> receive(crypto, KeyExchangeGroup.X25519, new byte[32]));
    assertIllegalParameter(() -> receive(crypto, KeyExchangeGroup.X25519, one));
    crypto.close();
  }

  /// FIPS 203 §7.2: each coefficient is less than 3329.
  @ParameterizedTest
  @MethodSource("own")
  void anMlKemKeyWithACoefficientTooGreatIsIllegal(JdkTlsCrypto crypto) throws Exception {
    byte[] share = kem(crypto, Role.CLIENT).generateEphemeral();
    share[0] = (byte) 0x01;
    share[1] = (byte) ((share[1] & 0xF0) | 0x0D); // 0xD01 is 3329.
    assertIllegalParameter(() -> kem(crypto, Role.SERVER).receivePeerValue(share));
    share[0] = 0;
    kem(crypto, Role.SERVER).receivePeerValue(share);
  }

  /// FIPS 203 §6.3: the sides then differ, and nobody learns why.
  @ParameterizedTest
  @MethodSource("own")
  void aSpoiledCiphertextLeadsToAnotherSecret(JdkTlsCrypto crypto) throws Exception {
    TlsAgreement client = kem(crypto, Role.CLIENT);
    TlsAgreement server = kem(crypto, Role.SERVER);
    server.receivePeerValue(client.generateEphemeral());
    byte[] ciphertext = server.generateEphemeral();
    ciphertext[7] ^= 1;
    client.receivePeerValue(ciphertext);
    assertThat(client.calculateSecret().extract())
        .hasSize(32)
        .isNotEqualTo(server.calculateSecret().extract());
  }

  @Test
  void theHalvesOfMlKemHaveAnOrder() {
    JdkTlsCrypto crypto = new JdkTlsCrypto(new SecureRandom());
    assertThatThrownBy(() -> kem(crypto, Role.CLIENT).calculateSecret())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> kem(crypto, Role.SERVER).calculateSecret())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> kem(crypto, Role.SERVER).generateEphemeral())
        .isInstanceOf(IllegalStateException.class);
  }
}
