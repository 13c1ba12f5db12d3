package io.sallyport.ktls.libcrypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Algorithm;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Hash;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Padding;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The JDK makes the keys and verifies the signatures.
class EvpPrivateKeyTest {
  private static final byte[] MESSAGE = "to be signed".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @EnumSource(Hash.class)
  void ecdsaSignaturesVerify(Hash hash) throws Exception {
    for (String curve : List.of("secp256r1", "secp384r1")) {
      KeyPair pair = ecKey(curve);
      try (EvpPrivateKey key = load(pair.getPrivate().getEncoded())) {
        Signature verifier = Signature.getInstance(jdkName(hash).replace("-", "") + "withECDSA");
        byte[] signature = key.sign(Padding.ECDSA, hash, digest(hash));
        assertThat(verifies(verifier, pair, signature)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Hash.class)
  void pkcs1SignaturesVerify(Hash hash) throws Exception {
    KeyPair pair = rsaKey(2048);
    try (EvpPrivateKey key = load(pair.getPrivate().getEncoded())) {
      Signature verifier = Signature.getInstance(jdkName(hash).replace("-", "") + "withRSA");
      assertThat(verifies(verifier, pair, key.sign(Padding.PKCS1, hash, digest(hash)))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Hash.class)
  void pssSignaturesHaveASaltAsLongAsTheDigest(Hash hash) throws Exception {
    KeyPair pair = rsaKey(2048);
    try (EvpPrivateKey key = load(pair.getPrivate().getEncoded())) {
      Signature verifier = Signature.getInstance("RSASSA-PSS");
      verifier.setParameter(
          new PSSParameterSpec(
              jdkName(hash),
              "MGF1",
              new MGF1ParameterSpec(jdkName(hash)),
              digest(hash).length,
              PSSParameterSpec.TRAILER_FIELD_BC));
      assertThat(verifies(verifier, pair, key.sign(Padding.PSS, hash, digest(hash)))).isTrue();
    }
  }

  @Test
  void knowsWhatKindOfKeyItIs() throws Exception {
    try (EvpPrivateKey p256 = load(ecKey("secp256r1").getPrivate().getEncoded());
        EvpPrivateKey p384 = load(ecKey("secp384r1").getPrivate().getEncoded());
        EvpPrivateKey rsa = load(rsaKey(2048).getPrivate().getEncoded())) {
      assertThat(p256.algorithm()).isEqualTo(Algorithm.EC_P256);
      assertThat(p384.algorithm()).isEqualTo(Algorithm.EC_P384);
      assertThat(rsa.algorithm()).isEqualTo(Algorithm.RSA);
      assertThat(p256.bits()).isEqualTo(256);
      assertThat(rsa.bits()).isEqualTo(2048);
      assertThat(rsa.toString()).doesNotContain("BigInteger").contains("redacted");
    }
  }

  @Test
  void refusesOtherKindsOfKey() throws Exception {
    KeyPair ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    assertThatThrownBy(() -> load(ed25519.getPrivate().getEncoded()))
        .isInstanceOf(InvalidKeyException.class)
        .hasMessageContaining("neither EC nor RSA");
    KeyPair p521 = ecKey("secp521r1");
    assertThatThrownBy(() -> load(p521.getPrivate().getEncoded()))
        .isInstanceOf(InvalidKeyException.class)
        .hasMessageContaining("secp521r1");
  }

  @Test
  void refusesEveryTruncationOfAKey() throws Exception {
    byte[] der = ecKey("secp256r1").getPrivate().getEncoded();
    for (int length = 0; length < der.length; length++) {
      byte[] cut = Arrays.copyOf(der, length);
      assertThatThrownBy(() -> load(cut)).isInstanceOf(InvalidKeyException.class);
    }
  }

  @Test
  void refusesAPaddingOrDigestThatDoesNotFit() throws Exception {
    try (EvpPrivateKey key = load(ecKey("secp256r1").getPrivate().getEncoded())) {
      assertThatThrownBy(() -> key.sign(Padding.PSS, Hash.SHA256, new byte[32]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> key.sign(Padding.ECDSA, Hash.SHA256, new byte[31]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aClosedKeySignsNothing() throws Exception {
    EvpPrivateKey key = load(ecKey("secp256r1").getPrivate().getEncoded());
    key.close();
    key.close();
    assertThatThrownBy(() -> key.sign(Padding.ECDSA, Hash.SHA256, new byte[32]))
        .isInstanceOf(IllegalStateException.class);
  }

  /// Goal: one key serves many threads, and closing it in the midst of that is clean. Method:
  /// threads sign until they are told that the key is closed; each signature verifies.
  @Test
  void manyThreadsSignUntilTheKeyIsClosed() throws Exception {
    KeyPair pair = ecKey("secp256r1");
    EvpPrivateKey key = load(pair.getPrivate().getEncoded());
    byte[] digest = digest(Hash.SHA256);
    Callable<Integer> signer =
        () -> {
          Signature verifier = Signature.getInstance("SHA256withECDSA");
          for (int count = 0; ; count++) {
            byte[] signature;
            try {
              signature = key.sign(Padding.ECDSA, Hash.SHA256, digest);
            } catch (IllegalStateException _) {
              return count;
            }
            assertThat(verifies(verifier, pair, signature)).isTrue();
            if (count == 20) {
              key.close();
            }
          }
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> counts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        counts.add(threads.submit(signer));
      }
      for (Future<Integer> count : counts) {
        assertThat(count.get()).isNotNegative();
      }
    }
  }

  private static EvpPrivateKey load(byte[] der) throws InvalidKeyException {
    ByteBuf direct = Unpooled.directBuffer(Math.max(1, der.length)).writeBytes(der);
    try {
      return EvpPrivateKey.load(direct);
    } finally {
      direct.release();
    }
  }

  private static KeyPair ecKey(String curve) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static KeyPair rsaKey(int bits) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  private static String jdkName(Hash hash) {
    return switch (hash) {
      case SHA256 -> "SHA-256";
      case SHA384 -> "SHA-384";
      case SHA512 -> "SHA-512";
    };
  }

  private static byte[] digest(Hash hash) throws GeneralSecurityException {
    return MessageDigest.getInstance(jdkName(hash)).digest(MESSAGE);
  }

  private static boolean verifies(Signature verifier, KeyPair pair, byte[] signature)
      throws GeneralSecurityException {
    verifier.initVerify(pair.getPublic());
    verifier.update(MESSAGE);
    return verifier.verify(signature);
  }
}
