package io.sallyport.ktls;

import static io.sallyport.testing.ReferenceRecords.concat;
import static io.sallyport.testing.ReferenceRecords.header;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.TlsStat.Counter;
import io.sallyport.testing.ReferenceRecords;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// The socket contract: modes, keys, errors, counters. Kernel answers are cited by their id in the
/// table of observed calls where there is one.
class KtlsSocketTest {
  private final SocketFixture it = new SocketFixture(AeadBackend.probe());

  @org.junit.jupiter.api.AfterEach
  void close() {
    it.close();
  }

  @Test
  void withoutKeysBytesPassUntouched() {
    it.socket.send(SocketFixture.direct((byte) 1, (byte) 2));
    assertThat(it.transport.takeSent()).containsExactly(1, 2);
    it.receive((byte) 3);
    assertThat(it.recvData()).containsExactly(3);
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
  }

  @Test
  void nothingArrivedIsNeitherDataNorTheEnd() {
    it.receive();
    it.socket.pushBack(SocketFixture.direct());
    assertThat(it.socket.poll()).doesNotContain(PollEvent.IN);
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
  }

  @Test
  void noBufferIsMadeForALengthThatNoRecordMayHave() {
    it.receive(new byte[] {23, 3, 3, (byte) 0xff, (byte) 0xff});
    it.setRx(tls13().cryptoInfo());
    ByteBuf buffer = it.socket.readBuffer(100);
    assertThat(buffer.capacity()).isLessThan(1000);
    buffer.release();
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EMSGSIZE));
  }

  @Test
  void theTwoDirectionsAreIndependent() {
    ReferenceRecords peer = tls12();
    it.setTx(peer.cryptoInfo());
    it.receive((byte) 3);
    assertThat(it.recvData()).containsExactly(3);
    assertThat(counter(Counter.TlsTxSw)).isEqualTo(1);
    assertThat(counter(Counter.TlsRxSw)).isZero();
  }

  @Test
  void bytesQueuedBeforeTheKeyAreOpenedWithIt() {
    ReferenceRecords peer = tls13();
    CryptoInfo keys = peer.cryptoInfo();
    it.receive(peer.seal(ContentType.APPLICATION_DATA, "early".getBytes(US_ASCII)));
    it.setRx(keys);
    assertThat(it.recvData()).isEqualTo("early".getBytes(US_ASCII));
  }

  @Test
  void bytesPutBackComeBeforeThoseThatFollowed() {
    ReferenceRecords peer = tls13();
    CryptoInfo keys = peer.cryptoInfo();
    byte[] wire =
        concat(
            peer.seal(ContentType.APPLICATION_DATA, "one".getBytes(US_ASCII)),
            peer.seal(ContentType.APPLICATION_DATA, "two".getBytes(US_ASCII)));
    it.receive(Arrays.copyOfRange(wire, 9, wire.length));
    it.socket.pushBack(SocketFixture.direct(Arrays.copyOf(wire, 9)));
    it.setRx(keys);
    assertThat(it.recvAllData()).isEqualTo("onetwo".getBytes(US_ASCII));
  }

  @Test
  void aSecondKeyInTls12IsBusy() {
    it.setTx(tls12().cryptoInfo());
    try (CryptoInfo second = tls12().cryptoInfo()) {
      assertThatThrownBy(() -> it.socket.setTx(second)).hasMessageContaining("EBUSY");
    }
    assertThat(counter(Counter.TlsTxRekeyError)).isEqualTo(1);
  }

  @Test
  void bothDirectionsTakeOneVersionAndOneCipher() {
    it.setTx(tls12().cryptoInfo());
    try (CryptoInfo other = tls13().cryptoInfo()) {
      assertThatThrownBy(() -> it.socket.setRx(other)).hasMessageContaining("EINVAL");
    }
    assertThat(counter(Counter.TlsCurrRxSw)).isZero();
  }

  @Test
  void aClosedSocketTakesNoKey() {
    it.socket.close();
    try (CryptoInfo late = tls13().cryptoInfo()) {
      assertThatThrownBy(() -> it.socket.setTx(late)).hasMessageContaining("ENOTCONN");
    }
    assertThat(counter(Counter.TlsCurrTxSw)).isZero();
  }

  @Test
  void aKeyOfTheWrongLengthIsRefused() {
    SecretBytes key = SecretBytes.wiping(new byte[17]);
    SecretBytes iv = SecretBytes.wiping(new byte[12]);
    assertThatThrownBy(() -> new CryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, key, iv, 0))
        .hasMessageContaining("EINVAL");
    key.close();
    iv.close();
  }

  @Test
  void aKeyUpdateStopsReceivingUntilTheNewKeyIsSet() {
    ReferenceRecords first = tls13();
    ReferenceRecords second =
        new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 0, new Random(77));
    it.setRx(first.cryptoInfo());
    CryptoInfo next = second.cryptoInfo();
    it.receive(
        concat(
            first.seal(ContentType.HANDSHAKE, new byte[] {24, 0, 0, 1, 0}),
            second.seal(ContentType.APPLICATION_DATA, "new".getBytes(US_ASCII))));
    SocketFixture.take(((Received.Control) it.socket.recv()).content());
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EKEYEXPIRED));
    it.setRx(next);
    assertThat(it.recvData()).isEqualTo("new".getBytes(US_ASCII));
    assertThat(counter(Counter.TlsRxRekeyReceived)).isEqualTo(1);
    assertThat(counter(Counter.TlsRxRekeyOk)).isEqualTo(1);
    assertThat(counter(Counter.TlsRxSw)).isEqualTo(1);
  }

  @Test
  void aRecordTooLongIsAnErrorOnceAndNothingFollows() {
    it.setRx(tls13().cryptoInfo());
    it.receive(header(23, 16384 + 17 + 1));
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EMSGSIZE));
    it.receive(new byte[100]);
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    assertThat(counter(Counter.TlsDecryptError)).isZero();
  }

  @Test
  void theLongestRecordAllowedIsAwaited() {
    it.setRx(tls13().cryptoInfo());
    it.receive(header(23, 16384 + 17));
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
  }

  @Test
  void aRecordTooShortForItsTagIsABadMessage() {
    it.setRx(tls12().cryptoInfo());
    it.receive(header(23, 8 + 16 - 1));
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
  }

  @Test
  void plainHttpUnderKeysIsTheWrongVersion() {
    it.setRx(tls13().cryptoInfo());
    byte[] request = "GET / HTTP/1.1\r\n".getBytes(US_ASCII);
    request[3] = 0;
    it.receive(request);
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EINVAL));
  }

  @Test
  void afterABadRecordSendingStillWorks() {
    // D1b: after EBADMSG the kernel goes on sending; how else would the peer get its alert?
    ReferenceRecords peer = tls13();
    it.setRx(tls13().cryptoInfo());
    it.setTx(peer.cryptoInfo());
    it.receive(header(23, 30));
    it.receive(new byte[30]);
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
    it.socket.sendAlert(Alert.fatal(20));
    assertThat(peer.open(it.sentRecords().getFirst()).plaintext()).containsExactly(2, 20);
  }

  @Test
  void theLastSequenceNumberCannotBeSent() {
    // A24: the kernel answers EBADMSG and goes on doing so.
    it.setTx(
        new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, -1L, new Random(1))
            .cryptoInfo());
    it.socket.send(SocketFixture.direct((byte) 1));
    assertThat(it.transport.takeSent()).isEmpty();
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
  }

  @Test
  void theGaugesFallWhenTheSocketCloses() {
    it.setTx(tls12().cryptoInfo());
    it.setRx(tls12().cryptoInfo());
    assertThat(counter(Counter.TlsCurrTxSw)).isEqualTo(1);
    it.socket.close();
    it.socket.close();
    assertThat(counter(Counter.TlsCurrTxSw)).isZero();
    assertThat(counter(Counter.TlsCurrRxSw)).isZero();
    assertThat(counter(Counter.TlsTxSw)).isEqualTo(1);
    assertThat(it.transport.isClosed()).isTrue();
  }

  @Test
  void whatWasReceivedBeforeAResetCanStillBeTaken() {
    it.receive((byte) 1);
    it.socket.disconnected();
    assertThat(it.recvData()).containsExactly(1);
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.ECONNRESET));
  }

  @Test
  void afterShutdownOfTheInputOnlyTheEndIsHeardOf() {
    it.setRx(tls13().cryptoInfo());
    it.receive(header(23, 15));
    assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
    it.socket.shutdownInput();
    it.receive(new byte[100]);
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    it.socket.receivedFin();
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.END_OF_STREAM);
  }

  @Test
  void callbacksHearOfDataAndOfTheEnd() {
    AtomicInteger heard = new AtomicInteger();
    it.socket.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            heard.incrementAndGet();
          }

          @Override
          public void writeSpace() {
            heard.addAndGet(100);
          }
        });
    it.receive((byte) 1);
    it.socket.receivedFin();
    it.socket.receivedFin();
    it.socket.writeSpaceAvailable();
    assertThat(heard).hasValue(102);
    assertThat(it.recvData()).containsExactly(1);
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.END_OF_STREAM);
  }

  @Test
  void callbacksHearOnceThatTheOwnerClosed() {
    AtomicInteger heard = new AtomicInteger();
    it.socket.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            heard.addAndGet(100);
          }

          @Override
          public void writeSpace() {
            heard.addAndGet(100);
          }

          @Override
          public void closed() {
            assertThat(it.socket.isClosed()).isTrue();
            heard.incrementAndGet();
          }
        });
    it.socket.close();
    it.socket.reset();
    it.socket.close();
    it.socket.disconnected();
    assertThat(heard).hasValue(1);
  }

  @Test
  void aRecordCutByAReadIsCompletedInItsOwnBuffer() {
    ReferenceRecords peer = tls13();
    it.setRx(peer.cryptoInfo());
    byte[] wire = peer.seal(ContentType.APPLICATION_DATA, new byte[1000]);
    ByteBuf first = it.socket.readBuffer(4096).writeBytes(wire, 0, 400);
    it.socket.received(first);
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    ByteBuf second = it.socket.readBuffer(4096);
    assertThat(second).isSameAs(first);
    it.socket.received(second.writeBytes(wire, 400, wire.length - 400));
    assertThat(it.recvData()).hasSize(1000);
  }

  @Test
  void aLargeBufferIsNotKeptForThePieceOfARecord() {
    ReferenceRecords peer = tls13();
    it.setRx(peer.cryptoInfo());
    byte[] wire = peer.seal(ContentType.APPLICATION_DATA, new byte[1000]);
    ByteBuf large = it.socket.readBuffer(256 << 10);
    it.socket.received(large.writeBytes(wire, 0, 400));
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    it.socket.receiveComplete();
    assertThat(large.refCnt()).isZero();
    ByteBuf rest = it.socket.readBuffer(1024);
    assertThat(rest.capacity()).isLessThanOrEqualTo(1022);
    it.socket.received(rest.writeBytes(wire, 400, wire.length - 400));
    assertThat(it.recvData()).hasSize(1000);
  }

  @Test
  void aPieceOfARecordMovesToWhereALargeReadGoes() {
    ReferenceRecords peer = tls13();
    it.setRx(peer.cryptoInfo());
    byte[] wire = peer.seal(ContentType.APPLICATION_DATA, new byte[16384]);
    int cut = wire.length - 100;
    it.socket.received(it.socket.readBuffer(cut).writeBytes(wire, 0, cut));
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    ByteBuf few = it.socket.readBuffer(4096);
    assertThat(few.writableBytes()).as("room when the read is small").isLessThan(4096);
    few.release();
    ByteBuf large = it.socket.readBuffer(128 << 10);
    assertThat(large.writableBytes()).as("room when it is large").isGreaterThanOrEqualTo(128 << 10);
    byte[] next = peer.seal(ContentType.APPLICATION_DATA, new byte[2000]);
    it.socket.received(large.writeBytes(wire, cut, 100).writeBytes(next));
    assertThat(it.recvData()).hasSize(16384);
    assertThat(it.recvData()).hasSize(2000);
  }

  @Test
  void behindRecordsThatNobodyTakesAReadHasItsRoomStill() {
    ReferenceRecords peer = tls13();
    it.setRx(peer.cryptoInfo());
    for (int i = 0; i < 100; i++) {
      byte[] wire = peer.seal(ContentType.APPLICATION_DATA, new byte[1000]);
      ByteBuf buffer = it.socket.readBuffer(1022);
      assertThat(buffer.writableBytes()).as("room of read %d", i).isEqualTo(1022);
      it.socket.received(buffer.writeBytes(wire));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(it.recvData()).hasSize(1000);
    }
  }

  @Test
  void aLargeReadEndsWhereARecordEndsAsLongAsTheyHaveOneLength() {
    ReferenceRecords peer = tls13();
    it.setRx(peer.cryptoInfo());
    byte[] wire = peer.seal(ContentType.APPLICATION_DATA, new byte[16384]);
    it.receive(wire);
    assertThat(it.recvData()).hasSize(16384);
    for (int size : new int[] {wire.length, 64 << 10, 128 << 10}) {
      ByteBuf buffer = it.socket.readBuffer(size);
      assertThat(buffer.writableBytes() % wire.length).as("read of %d", size).isZero();
      assertThat(buffer.writableBytes()).isBetween(size, size + wire.length);
      buffer.release();
    }
    ByteBuf small = it.socket.readBuffer(1024);
    assertThat(small.capacity()).as("a read that takes pieces of records").isEqualTo(1024);
    small.release();
  }

  @Test
  void aReadBufferHasRoomForTheWholeRecordItBegins() {
    ReferenceRecords peer = tls13();
    it.setRx(peer.cryptoInfo());
    byte[] wire = peer.seal(ContentType.APPLICATION_DATA, new byte[16384]);
    it.socket.received(it.socket.readBuffer(64).writeBytes(wire, 0, 64));
    assertThat(it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    ByteBuf second = it.socket.readBuffer(64);
    assertThat(second.writableBytes()).isGreaterThanOrEqualTo(wire.length - 64);
    it.socket.received(second.writeBytes(wire, 64, wire.length - 64));
    assertThat(it.recvData()).hasSize(16384);
  }

  @Test
  void theStatisticsHaveTheKernelsFormat() {
    it.setTx(tls12().cryptoInfo());
    String[] lines = it.engine.stat().format().split("\n");
    assertThat(lines).hasSize(23);
    assertThat(lines[0]).isEqualTo("TlsCurrTxSw                     \t1");
    assertThat(lines[8]).isEqualTo("TlsDecryptError                 \t0");
    assertThat(lines[22]).isEqualTo("TlsRxRekeyAborted               \t0");
  }

  @Test
  void secretsAreRedactedAndGoneAfterClose() {
    byte[] source = {1, 2, 3};
    SecretBytes secret = SecretBytes.wiping(source);
    assertThat(source).containsExactly(0, 0, 0);
    assertThat(secret.toString()).isEqualTo("SecretBytes(redacted)");
    secret.close();
    assertThatThrownBy(secret::length).isInstanceOf(KtlsException.class);
  }

  private long counter(Counter counter) {
    return it.engine.stat().value(counter);
  }

  private static ReferenceRecords tls12() {
    return new ReferenceRecords(TlsVersion.TLS_1_2, CipherType.AES_GCM_128, 0, new Random(8));
  }

  private static ReferenceRecords tls13() {
    return new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 0, new Random(9));
  }
}
