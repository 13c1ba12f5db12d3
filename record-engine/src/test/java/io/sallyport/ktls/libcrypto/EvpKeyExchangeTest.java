package io.sallyport.ktls.libcrypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.ktls.libcrypto.EvpKeyExchange.Group;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The JDK is the other side of each exchange.
class EvpKeyExchangeTest {
  @ParameterizedTest
  @EnumSource(Group.class)
  void bothSidesDeriveTheSameSecret(Group group) throws Exception {
    KeyPair peer = jdkKey(group);
    byte[] peerInfo = peer.getPublic().getEncoded();
    try (EvpKeyExchange own = EvpKeyExchange.generate(group)) {
      byte[] publicKey = own.publicKey();
      byte[] secret = own.derive(tail(peerInfo, publicKey.length));
      assertThat(secret).isEqualTo(jdkSecret(group, peer, peerInfo, publicKey));
    }
  }

  /// Every other secret of P-521 begins with a zero byte.
  @Test
  void leadingZerosOfASecretAreKept() throws Exception {
    KeyPair peer = jdkKey(Group.P521);
    byte[] peerInfo = peer.getPublic().getEncoded();
    boolean seen = false;
    for (int i = 0; i < 64 && !seen; i++) {
      try (EvpKeyExchange own = EvpKeyExchange.generate(Group.P521)) {
        byte[] secret = own.derive(tail(peerInfo, 133));
        assertThat(secret)
            .hasSize(66)
            .isEqualTo(jdkSecret(Group.P521, peer, peerInfo, own.publicKey()));
        seen = secret[0] == 0;
      }
    }
    assertThat(seen).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Group.class)
  void eachKeyPairIsAnother(Group group) {
    try (EvpKeyExchange one = EvpKeyExchange.generate(group);
        EvpKeyExchange other = EvpKeyExchange.generate(group)) {
      assertThat(one.publicKey()).isNotEqualTo(other.publicKey()).isEqualTo(one.publicKey());
    }
  }

  @ParameterizedTest
  @EnumSource(Group.class)
  void aPublicKeyOfWrongLengthIsRefused(Group group) throws Exception {
    byte[] peerInfo = jdkKey(group).getPublic().getEncoded();
    try (EvpKeyExchange own = EvpKeyExchange.generate(group)) {
      int length = own.publicKey().length;
      for (int wrong = 0; wrong <= length + 1; wrong++) {
        if (wrong != length) {
          byte[] peer = Arrays.copyOf(tail(peerInfo, length), wrong);
          assertThatThrownBy(() -> own.derive(peer)).isInstanceOf(InvalidKeyException.class);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Group.class,
      names = {"P256", "P384", "P521"})
  void aPointOffTheCurveIsRefused(Group group) throws Exception {
    byte[] peerInfo = jdkKey(group).getPublic().getEncoded();
    try (EvpKeyExchange own = EvpKeyExchange.generate(group)) {
      byte[] peer = tail(peerInfo, own.publicKey().length);
      peer[peer.length - 1] ^= 1;
      assertThatThrownBy(() -> own.derive(peer)).isInstanceOf(InvalidKeyException.class);
      // The hybrid form of SEC 1, which TLS 1.3 does not have.
      byte[] hybrid = tail(peerInfo, own.publicKey().length);
      hybrid[0] = (byte) (6 | (hybrid[hybrid.length - 1] & 1));
      assertThatThrownBy(() -> own.derive(hybrid)).isInstanceOf(InvalidKeyException.class);
    }
  }

  @Test
  void x25519RefusesTheAllZeroSecret() {
    byte[] one = new byte[32];
    one[0] = 1;
    try (EvpKeyExchange own = EvpKeyExchange.generate(Group.X25519)) {
      assertThatThrownBy(() -> own.derive(new byte[32])).isInstanceOf(InvalidKeyException.class);
      assertThatThrownBy(() -> own.derive(one)).isInstanceOf(InvalidKeyException.class);
    }
  }

  @Test
  void aRefusedPeerDoesNotSpoilTheKeyPair() throws Exception {
    KeyPair peer = jdkKey(Group.P256);
    byte[] peerInfo = peer.getPublic().getEncoded();
    try (EvpKeyExchange own = EvpKeyExchange.generate(Group.P256)) {
      assertThatThrownBy(() -> own.derive(new byte[65])).isInstanceOf(InvalidKeyException.class);
      assertThat(own.derive(tail(peerInfo, 65)))
          .isEqualTo(jdkSecret(Group.P256, peer, peerInfo, own.publicKey()));
    }
  }

  @Test
  void aClosedExchangeDerivesNothing() {
    EvpKeyExchange own = EvpKeyExchange.generate(Group.X25519);
    own.close();
    own.close();
    assertThatThrownBy(() -> own.derive(new byte[32])).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(own::publicKey).isInstanceOf(IllegalStateException.class);
  }

  private static KeyPair jdkKey(Group group) throws GeneralSecurityException {
    AlgorithmParameterSpec parameters =
        switch (group) {
          case X25519 -> NamedParameterSpec.X25519;
          case P256 -> new ECGenParameterSpec("secp256r1");
          case P384 -> new ECGenParameterSpec("secp384r1");
          case P521 -> new ECGenParameterSpec("secp521r1");
        };
    KeyPairGenerator generator = KeyPairGenerator.getInstance(keyAlgorithm(group));
    generator.initialize(parameters);
    return generator.generateKeyPair();
  }

  /// What the JDK derives from its private key and the public key of the other side.
  private static byte[] jdkSecret(Group group, KeyPair own, byte[] info, byte[] peer)
      throws GeneralSecurityException {
    // A SubjectPublicKeyInfo ends with the encoded key, so another key of the group fits in there.
    byte[] peerInfo = info.clone();
    System.arraycopy(peer, 0, peerInfo, peerInfo.length - peer.length, peer.length);
    PublicKey peerKey =
        KeyFactory.getInstance(keyAlgorithm(group))
            .generatePublic(new X509EncodedKeySpec(peerInfo));
    KeyAgreement agreement = KeyAgreement.getInstance(group == Group.X25519 ? "X25519" : "ECDH");
    agreement.init(own.getPrivate());
    agreement.doPhase(peerKey, true);
    return agreement.generateSecret();
  }

  private static String keyAlgorithm(Group group) {
    return group == Group.X25519 ? "X25519" : "EC";
  }

  private static byte[] tail(byte[] bytes, int length) {
    return Arrays.copyOfRange(bytes, bytes.length - length, bytes.length);
  }
}
