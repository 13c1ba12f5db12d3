package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.libcrypto.Libcrypto;
import io.sallyport.testing.ReferenceRecords;
import io.sallyport.testing.Seeds;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Goal: every implementation of [AeadCipher] keeps its contract and computes the same. Method:
/// each of them opens what each of them sealed, for every cipher it has, at random lengths.
class AeadCipherTest {
  private static final int TAG = CipherType.TAG_LENGTH;

  /// One implementation, for one cipher.
  record Implementation(
      AeadBackend.Provider provider,
      CipherType cipherType,
      Function<CryptoInfo, AeadCipher> forSealing,
      Function<CryptoInfo, AeadCipher> forOpening) {
    @Override
    public String toString() {
      return cipherType + " by " + provider;
    }
  }

  static List<Implementation> everyImplementation() {
    return Stream.of(CipherType.values()).flatMap(AeadCipherTest::implementations).toList();
  }

  private static Stream<Implementation> implementations(CipherType cipher) {
    Stream.Builder<Implementation> all = Stream.builder();
    all.add(
        new Implementation(
            AeadBackend.Provider.BOUNCY_CASTLE, cipher, BcAead::forSealing, BcAead::forOpening));
    if (JcaAead.supports(cipher)) {
      all.add(
          new Implementation(
              AeadBackend.Provider.JDK, cipher, JcaAead::forSealing, JcaAead::forOpening));
    }
    if (Libcrypto.isAvailable() && LibcryptoAead.supports(cipher)) {
      all.add(
          new Implementation(
              AeadBackend.Provider.LIBCRYPTO,
              cipher,
              LibcryptoAead::forSealing,
              LibcryptoAead::forOpening));
    }
    return all.build();
  }

  @ParameterizedTest
  @MethodSource("everyImplementation")
  void sealingInPlaceGivesTheSameRecord(Implementation it) {
    Seeds.forEach(
        20,
        random -> {
          try (CryptoInfo keys = keys(it.cipherType(), random);
              AeadCipher apart = it.forSealing().apply(keys);
              AeadCipher inPlace = it.forSealing().apply(keys)) {
            byte[] data = RecordsTest.bytes(random, random.nextInt(2000));
            ByteBuf source = SocketFixture.direct(data);
            ByteBuf target = SocketFixture.direct(new byte[7 + data.length + TAG]);
            ByteBuf both = SocketFixture.direct(Arrays.copyOf(data, data.length + TAG));
            prepare(apart, 1, data.length).seal(source, 0, data.length, target, 7);
            prepare(inPlace, 1, data.length).seal(both, 0, data.length, both, 0);
            assertThat(bytes(source, 0, data.length)).isEqualTo(data);
            assertThat(bytes(both, 0, data.length + TAG))
                .isEqualTo(bytes(target, 7, data.length + TAG));
            source.release();
            target.release();
            both.release();
          }
        });
  }

  @ParameterizedTest
  @MethodSource("everyImplementation")
  void sealingAnInnerPlaintextInPlaceGivesTheSameRecord(Implementation it) {
    Seeds.forEach(
        20,
        random -> {
          try (CryptoInfo keys = keys(it.cipherType(), random);
              AeadCipher apart = it.forSealing().apply(keys);
              AeadCipher inPlace = it.forSealing().apply(keys)) {
            byte[] data = RecordsTest.bytes(random, random.nextInt(2000));
            int sealed = data.length + 1 + TAG;
            ByteBuf source = SocketFixture.direct(data);
            ByteBuf target = SocketFixture.direct(new byte[7 + sealed]);
            ByteBuf both = SocketFixture.direct(Arrays.copyOf(data, sealed));
            prepare(apart, 1, data.length).sealInner(source, 0, data.length, 23, target, 7);
            prepare(inPlace, 1, data.length).sealInner(both, 0, data.length, 23, both, 0);
            assertThat(bytes(source, 0, data.length)).isEqualTo(data);
            assertThat(bytes(both, 0, sealed)).isEqualTo(bytes(target, 7, sealed));
            source.release();
            target.release();
            both.release();
          }
        });
  }

  @ParameterizedTest
  @MethodSource("everyImplementation")
  void whatIsSealedIsWhatTheReferenceSays(Implementation it) {
    Seeds.forEach(
        5,
        random -> {
          try (CryptoInfo keys = keys(it.cipherType(), random);
              AeadCipher sealing = it.forSealing().apply(keys)) {
            for (int length : new int[] {0, 1, 16, random.nextInt(1 << 14), 1 << 14}) {
              byte[] data = RecordsTest.bytes(random, length);
              ByteBuf source = SocketFixture.direct(data);
              ByteBuf record = SocketFixture.direct(new byte[length + 1 + TAG]);
              prepare(sealing, length, length).seal(source, 0, length, record, 0);
              assertThat(bytes(record, 0, length + TAG)).isEqualTo(reference(keys, length, data));
              prepare(sealing, ~length, length).sealInner(source, 0, length, 22, record, 0);
              assertThat(bytes(record, 0, length + 1 + TAG))
                  .isEqualTo(
                      reference(keys, ~length, ReferenceRecords.concat(data, new byte[] {22})));
              source.release();
              record.release();
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("everyImplementation")
  void whatOneSealsAnotherOpens(Implementation sealer) {
    for (Implementation opener : implementations(sealer.cipherType()).toList()) {
      Seeds.forEach(
          5,
          random -> {
            try (CryptoInfo keys = keys(sealer.cipherType(), random);
                AeadCipher sealing = sealer.forSealing().apply(keys);
                AeadCipher opening = opener.forOpening().apply(keys)) {
              int nonce = 0;
              for (int length : new int[] {0, 1, random.nextInt(1 << 14), 1 << 14}) {
                thereAndBack(sealing, opening, nonce++, RecordsTest.bytes(random, length), random);
              }
            }
          });
    }
  }

  /// Also with a bit flipped, which must not spoil the records that follow.
  private static void thereAndBack(
      AeadCipher sealing, AeadCipher opening, int nonce, byte[] data, Random random) {
    ByteBuf source = SocketFixture.direct(data);
    ByteBuf record = SocketFixture.direct(new byte[data.length + TAG]);
    prepare(sealing, nonce, data.length).seal(source, 0, data.length, record, 0);
    byte[] sealed = bytes(record, 0, data.length + TAG);
    int bit = random.nextInt(sealed.length * 8);
    record.setByte(bit / 8, record.getByte(bit / 8) ^ 1 << bit % 8);
    assertThat(prepare(opening, nonce, data.length).open(record, 0, data.length)).isFalse();
    record.setBytes(0, sealed);
    assertThat(prepare(opening, nonce, data.length).open(record, 0, data.length)).isTrue();
    assertThat(bytes(record, 0, data.length)).isEqualTo(data);
    source.release();
    record.release();
  }

  @Test
  void bouncyCastleIsOnlyAskedForWhatNobodyElseHas() {
    assertThat(Stream.of(CipherType.values()).map(AeadBackend.JDK::providerOf))
        .containsExactly(
            AeadBackend.Provider.JDK,
            AeadBackend.Provider.JDK,
            AeadBackend.Provider.BOUNCY_CASTLE,
            AeadBackend.Provider.JDK,
            AeadBackend.Provider.BOUNCY_CASTLE,
            AeadBackend.Provider.BOUNCY_CASTLE,
            AeadBackend.Provider.BOUNCY_CASTLE,
            AeadBackend.Provider.BOUNCY_CASTLE);
    assumeThat(Libcrypto.isAvailable()).isTrue();
    assertThat(
            Stream.of(CipherType.values())
                .filter(cipher -> cipher != CipherType.SM4_GCM && cipher != CipherType.SM4_CCM)
                .map(AeadBackend.LIBCRYPTO::providerOf))
        .containsOnly(AeadBackend.Provider.LIBCRYPTO);
  }

  private static CryptoInfo keys(CipherType cipher, Random random) {
    return new ReferenceRecords(TlsVersion.TLS_1_2, cipher, 0, random).cryptoInfo();
  }

  private static AeadCipher prepare(AeadCipher cipher, long nonce, int length) {
    cipher.nonce(nonce);
    cipher.aad(nonce, ContentType.APPLICATION_DATA, length);
    return cipher;
  }

  /// What [#prepare] stands for: the nonce is salt and tail, the additional data that of TLS 1.2.
  private static byte[] reference(CryptoInfo keys, long tail, byte[] plaintext) {
    try {
      byte[] key = bytes(keys.key().reveal(), 0, keys.key().length());
      byte[] nonce = bytes(keys.saltAndIv().reveal(), 0, 12);
      ByteBuffer.wrap(nonce).putLong(4, tail);
      Cipher cipher = ReferenceRecords.aead(keys.cipherType(), Cipher.ENCRYPT_MODE, key, nonce);
      int length = (int) Math.max(tail, ~tail);
      byte[] aad = new byte[13];
      ByteBuffer.wrap(aad)
          .putLong(tail)
          .put(ReferenceRecords.header(ContentType.APPLICATION_DATA, length));
      cipher.updateAAD(aad);
      return cipher.doFinal(plaintext);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(ByteBuf buffer, int index, int length) {
    byte[] bytes = new byte[length];
    buffer.getBytes(index, bytes);
    return bytes;
  }
}
