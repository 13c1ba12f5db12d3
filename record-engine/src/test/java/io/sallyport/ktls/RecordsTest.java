package io.sallyport.ktls;

import static io.sallyport.testing.ReferenceRecords.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.testing.ReferenceRecords;
import io.sallyport.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Goal: what the engine puts on the wire, and what it makes of the wire, is what the RFCs say.
/// Method: a second implementation of records, over every back end, version and cipher.
class RecordsTest {
  private static final List<Integer> LENGTHS = List.of(1, 15, 16, 17, 16383, 16384, 16385, 100_000);

  static Stream<Arguments> everyCombination() {
    return Stream.of(AeadBackend.values())
        .flatMap(backend ->
            Stream.of(TlsVersion.values())
                .flatMap(version ->
                    Stream.of(CipherType.values())
                        .filter(cipher -> cipher.supports(version))
                        .map(cipher -> Arguments.of(backend, version, cipher))));
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void whatIsSentOpensElsewhere(AeadBackend backend, TlsVersion version, CipherType cipher) {
    Seeds.forEach(
        1,
        random -> {
          ReferenceRecords peer = new ReferenceRecords(version, cipher, 1, random);
          try (SocketFixture it = new SocketFixture(backend)) {
            it.setTx(peer.cryptoInfo());
            for (int length : LENGTHS) {
              byte[] data = bytes(random, length);
              it.socket.send(SocketFixture.direct(data));
              ByteArrayOutputStream opened = new ByteArrayOutputStream();
              for (byte[] record : it.sentRecords()) {
                ReferenceRecords.Opened one = peer.open(record);
                assertThat(one.contentType()).isEqualTo(ContentType.APPLICATION_DATA);
                assertThat(one.plaintext().length).isLessThanOrEqualTo(1 << 14);
                opened.writeBytes(one.plaintext());
              }
              assertThat(opened.toByteArray()).isEqualTo(data);
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void whatWasMadeElsewhereIsReceived(AeadBackend backend, TlsVersion version, CipherType cipher) {
    Seeds.forEach(
        1,
        random -> {
          ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, random);
          try (SocketFixture it = new SocketFixture(backend)) {
            it.setRx(peer.cryptoInfo());
            for (int length : new int[] {1, 15, 16, 17, 16383, 16384}) {
              byte[] data = bytes(random, length);
              it.receive(peer.seal(ContentType.APPLICATION_DATA, data));
              assertThat(it.recvData()).isEqualTo(data);
            }
            assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void controlRecordsKeepTheirTypeAndTheirPlace(
      AeadBackend backend, TlsVersion version, CipherType cipher) {
    ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, new Random(1));
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setRx(peer.cryptoInfo());
      it.receive(
          concat(
              peer.seal(ContentType.APPLICATION_DATA, new byte[] {1}),
              peer.seal(ContentType.ALERT, new byte[] {1, 0}),
              peer.seal(99, new byte[] {7}),
              peer.seal(ContentType.APPLICATION_DATA, new byte[] {2})));
      assertThat(it.recvData()).containsExactly(1);
      assertControl(it.socket.recv(), ContentType.ALERT, 1, 0);
      assertControl(it.socket.recv(), 99, 7);
      assertThat(it.recvData()).containsExactly(2);
    }
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void aControlRecordIsSentWithItsType(AeadBackend backend, TlsVersion version, CipherType cipher) {
    ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, new Random(1));
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setTx(peer.cryptoInfo());
      it.socket.sendAlert(Alert.CLOSE_NOTIFY);
      ReferenceRecords.Opened alert = peer.open(it.sentRecords().getFirst());
      assertThat(alert.contentType()).isEqualTo(ContentType.ALERT);
      assertThat(alert.plaintext()).containsExactly(1, 0);
      assertThat(it.transport.flushes()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void anEmptyRecordIsReceived(AeadBackend backend, TlsVersion version, CipherType cipher) {
    ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, new Random(1));
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setRx(peer.cryptoInfo());
      it.receive(
          concat(
              peer.seal(99, new byte[0]), peer.seal(ContentType.APPLICATION_DATA, new byte[] {3})));
      assertControl(it.socket.recv(), 99);
      assertThat(it.recvData()).containsExactly(3);
    }
  }

  @Test
  void paddingIsTakenOffAndARecordOfPaddingOnlyIsRefused() {
    ReferenceRecords peer = tls13();
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setRx(peer.cryptoInfo());
      it.receive(peer.seal(ContentType.APPLICATION_DATA, new byte[] {5}, 300));
      assertThat(it.recvData()).containsExactly(5);
      it.receive(peer.seal(0, new byte[0], 20));
      assertThat(it.socket.recv())
          .isEqualTo(new Received.Failed(KtlsErrno.EBADMSG, Alert.UNEXPECTED_MESSAGE));
    }
  }

  @Test
  void theOuterTypeOfTls13MustBeApplicationData() {
    ReferenceRecords peer = tls13();
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setRx(peer.cryptoInfo());
      byte[] record = peer.seal(ContentType.APPLICATION_DATA, new byte[] {5});
      record[0] = ContentType.HANDSHAKE;
      it.receive(record);
      assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
    }
  }

  @Test
  void emptyDataRecordsAreSkipped() {
    ReferenceRecords peer = tls13();
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setRx(peer.cryptoInfo());
      byte[] empty = peer.seal(ContentType.APPLICATION_DATA, new byte[0]);
      it.receive(concat(empty, peer.seal(ContentType.APPLICATION_DATA, new byte[] {9})));
      assertThat(it.recvData()).containsExactly(9);
      it.receive(peer.seal(ContentType.APPLICATION_DATA, new byte[0]));
      assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    }
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void everySplitOfTheStreamGivesTheSameData(
      AeadBackend backend, TlsVersion version, CipherType cipher) {
    byte[] data = bytes(new Random(3), 300);
    byte[] probe = stream(new ReferenceRecords(version, cipher, 0, new Random(4)), data);
    for (int cut = 1; cut < probe.length; cut++) {
      ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, new Random(4));
      try (SocketFixture it = new SocketFixture(backend)) {
        it.setRx(peer.cryptoInfo());
        byte[] wire = stream(peer, data);
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        it.receive(Arrays.copyOf(wire, cut));
        got.writeBytes(it.recvAllData());
        it.receive(Arrays.copyOfRange(wire, cut, wire.length));
        got.writeBytes(it.recvAllData());
        assertThat(got.toByteArray()).isEqualTo(data);
      }
    }
  }

  @Test
  void everyTruncationEndsWithWholeRecordsOnly() {
    byte[] data = bytes(new Random(3), 90);
    byte[] whole = stream(tls13(), data);
    for (int length = 0; length < whole.length; length++) {
      ReferenceRecords peer = tls13();
      try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
        it.setRx(peer.cryptoInfo());
        it.receive(Arrays.copyOf(whole, length));
        it.socket.receivedFin();
        byte[] got = it.recvAllData();
        assertThat(Arrays.copyOf(data, got.length)).isEqualTo(got);
        assertThat(got.length % 30).isZero();
        assertThat(it.socket.recv()).isEqualTo(Received.Nothing.END_OF_STREAM);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void everyFlippedBitOfTheCiphertextIsFoundAndStaysFound(
      AeadBackend backend, TlsVersion version, CipherType cipher) {
    int length =
        new ReferenceRecords(version, cipher, 0, new Random(5))
            .seal(ContentType.APPLICATION_DATA, new byte[9])
            .length;
    for (int bit = 5 * 8; bit < length * 8; bit++) {
      ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, new Random(5));
      try (SocketFixture it = new SocketFixture(backend)) {
        it.setRx(peer.cryptoInfo());
        byte[] record = peer.seal(ContentType.APPLICATION_DATA, new byte[9]);
        record[bit / 8] ^= (byte) (1 << bit % 8);
        it.receive(concat(record, peer.seal(ContentType.APPLICATION_DATA, new byte[9])));
        assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
        assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
        // D1b: every attempt counts.
        assertThat(it.engine.stat().value(TlsStat.Counter.TlsDecryptError)).isEqualTo(2);
      }
    }
  }

  static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] stream(ReferenceRecords peer, byte[] data) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    int third = data.length / 3;
    for (int i = 0; i < data.length; i += third) {
      wire.writeBytes(
          peer.seal(
              ContentType.APPLICATION_DATA,
              Arrays.copyOfRange(data, i, Math.min(data.length, i + third))));
    }
    return wire.toByteArray();
  }

  private static ReferenceRecords tls13() {
    return new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.CHACHA20_POLY1305, 0, new Random(6));
  }

  private static void assertControl(Received received, int contentType, int... content) {
    assertThat(received).isInstanceOf(Received.Control.class);
    Received.Control control = (Received.Control) received;
    assertThat(control.contentType()).isEqualTo(contentType);
    byte[] bytes = SocketFixture.take(control.content());
    assertThat(bytes).hasSize(content.length);
    for (int i = 0; i < content.length; i++) {
      assertThat(bytes[i]).isEqualTo((byte) content[i]);
    }
  }
}
