package io.sallyport.ktls;

import static io.sallyport.testing.ReferenceRecords.concat;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.KeyUpdateStat.Counter;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.ReferenceRecords;
import io.sallyport.testing.ReferenceRecords.Opened;
import io.sallyport.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Rekey by the engine (RFC 9846 §4.7.3, §5.5) against a peer that is written from the RFC.
@ExtendWith(LeakCheck.class)
class KeyUpdatesTest {
  private static final long SECOND = 1_000_000_000L;
  private static final byte[] UPDATE = {24, 0, 0, 1, 0};
  private static final byte[] UPDATE_AND_REQUEST = {24, 0, 0, 1, 1};
  private static final byte[] TICKET = {4, 0, 0, 3, 7, 7, 7};

  private final List<Rig> rigs = new ArrayList<>();
  private long now;

  /// A socket that rekeys by itself, and its peer.
  private final class Rig {
    final SocketFixture it;
    final Peer peer = new Peer();

    Rig(RekeyPolicy policy) {
      it =
          new SocketFixture(
              new RecordEngine(SocketFixture.ALLOCATOR, AeadBackend.probe(), policy, () -> now));
      new SessionKeys.Updatable(
              CipherType.AES_GCM_128, secret(peer.engineSecret), secret(peer.ownSecret))
          .installOn(it.socket);
      rigs.add(this);
    }

    void receive(byte[]... records) {
      it.receive(concat(records));
    }

    String data() {
      return new String(it.recvAllData(), US_ASCII);
    }

    void send(String text) {
      it.socket.send(SocketFixture.direct(text.getBytes(US_ASCII)));
    }

    long count(Counter counter) {
      return it.engine.keyUpdateStat().value(counter);
    }

    long count(TlsStat.Counter counter) {
      return it.engine.stat().value(counter);
    }

    /// What the engine sent, as text; KeyUpdates as `[update]` and `[update!]`.
    String sent() {
      StringBuilder all = new StringBuilder();
      for (byte[] record : it.sentRecords()) {
        all.append(peer.open(record));
      }
      return all.toString();
    }
  }

  /// The other side of TLS 1.3.
  private static final class Peer {
    private byte[] ownSecret = bytes(1);
    private byte[] engineSecret = bytes(2);
    private ReferenceRecords sealing = records(ownSecret);
    private ReferenceRecords opening = records(engineSecret);

    byte[] data(String text) {
      return sealing.seal(ContentType.APPLICATION_DATA, text.getBytes(US_ASCII));
    }

    byte[] handshake(byte[] content) {
      return sealing.seal(ContentType.HANDSHAKE, content);
    }

    byte[] update(byte[] message) {
      byte[] record = handshake(message);
      nextKey();
      return record;
    }

    void nextKey() {
      ownSecret = next(ownSecret);
      sealing = records(ownSecret);
    }

    String open(byte[] record) {
      Opened opened = opening.open(record);
      if (opened.contentType() != ContentType.HANDSHAKE) {
        return new String(opened.plaintext(), US_ASCII);
      }
      engineSecret = next(engineSecret);
      opening = records(engineSecret);
      assertThat(opened.plaintext()).startsWith(24, 0, 0, 1).hasSize(5);
      return opened.plaintext()[4] == 0 ? "[update]" : "[update!]";
    }

    private static byte[] next(byte[] secret) {
      try {
        return TrafficSecretTest.expand(TrafficSecret.Hash.SHA256, secret, "traffic upd", 32);
      } catch (java.security.GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }

    private static ReferenceRecords records(byte[] secret) {
      try (TrafficSecret current = secret(secret)) {
        return ReferenceRecords.of(current.cryptoInfo(CipherType.AES_GCM_128));
      }
    }
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[32];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static TrafficSecret secret(byte[] secret) {
    return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(secret.clone()));
  }

  private static RekeyPolicy after(long records) {
    RekeyPolicy base = RekeyPolicy.DEFAULT;
    return new RekeyPolicy(
        records, Long.MAX_VALUE, base.updatesPerSecond(), base.updateBurst(), 32);
  }

  @AfterEach
  void close() {
    rigs.forEach(rig -> rig.it.close());
  }

  // Following the peer.

  @Test
  void dataBehindAKeyUpdateIsReadWithTheNextKeyAndNobodySeesTheKeyUpdate() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.data("one"), rig.peer.update(UPDATE), rig.peer.data("two"));
    assertThat(rig.data()).isEqualTo("onetwo");
    assertThat(rig.count(Counter.TAKEN)).isEqualTo(1);
    assertThat(rig.count(TlsStat.Counter.TlsRxRekeyReceived)).isEqualTo(1);
    assertThat(rig.count(TlsStat.Counter.TlsRxRekeyOk)).isEqualTo(1);
    assertThat(rig.count(TlsStat.Counter.TlsRxSw)).isEqualTo(1);
    assertThat(rig.sent()).isEmpty();
  }

  @Test
  void aKeyUpdateSplitOverRecordsAtAnyByteIsRecognised() {
    for (int cut = 1; cut < UPDATE.length; cut++) {
      Rig rig = new Rig(RekeyPolicy.DEFAULT);
      byte[] first = rig.peer.handshake(Arrays.copyOf(UPDATE, cut));
      byte[] second = rig.peer.update(Arrays.copyOfRange(UPDATE, cut, UPDATE.length));
      rig.receive(first, second, rig.peer.data("next"));
      assertThat(rig.data()).as("cut at %d", cut).isEqualTo("next");
    }
  }

  @Test
  void aKeyUpdateBehindATicketInOneRecordIsRecognisedAndTheTicketHandedOver() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.update(concat(TICKET, UPDATE)), rig.peer.data("next"));
    Received.Control ticket = (Received.Control) rig.it.socket.recv();
    assertThat(ticket.contentType()).isEqualTo(ContentType.HANDSHAKE);
    assertThat(SocketFixture.take(ticket.content())).isEqualTo(TICKET);
    assertThat(rig.data()).isEqualTo("next");
  }

  @Test
  void aMessageAsLongAsAKeyUpdateThatIsNoneIsHandedOver() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    byte[] other = {4, 0, 0, 1, 24};
    rig.receive(rig.peer.handshake(other));
    Received.Control message = (Received.Control) rig.it.socket.recv();
    assertThat(SocketFixture.take(message.content())).isEqualTo(other);
    assertThat(rig.count(Counter.TAKEN)).isZero();
  }

  @Test
  void somethingBehindAKeyUpdateInItsRecordIsRefused() {
    assertRefused(concat(UPDATE, TICKET), Alert.UNEXPECTED_MESSAGE);
  }

  @Test
  void aKeyUpdateThatAsksForSomethingUnknownIsRefused() {
    assertRefused(new byte[] {24, 0, 0, 1, 2}, Alert.ILLEGAL_PARAMETER);
  }

  @Test
  void aKeyUpdateOfTheWrongLengthIsRefused() {
    assertRefused(new byte[] {24, 0, 0, 2, 0, 0}, Alert.DECODE_ERROR);
    assertRefused(new byte[] {24, 0, 0, 0}, Alert.DECODE_ERROR);
    assertRefused(new byte[] {24, 1, 0, 1, 0}, Alert.DECODE_ERROR);
  }

  private void assertRefused(byte[] content, int alert) {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.handshake(content));
    Received.Failed expected = new Received.Failed(KtlsErrno.EPROTO, alert);
    assertThat(rig.it.socket.recv()).isEqualTo(expected);
    assertThat(rig.it.socket.recv()).isEqualTo(expected);
    assertThat(rig.count(Counter.INVALID)).isEqualTo(1);
    assertThat(rig.count(TlsStat.Counter.TlsDecryptError)).isZero();
  }

  @Test
  void dataInTheMiddleOfAKeyUpdateIsRefused() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.handshake(new byte[] {24, 0}), rig.peer.data("x"));
    assertThat(rig.it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EPROTO));
  }

  /// Goal: whatever the records' boundaries, the consumer gets the same stream. Method: tickets,
  /// key updates and data in random order, handshake messages cut and joined at random.
  @Test
  void theStreamIsTheSameHoweverMessagesAreCutIntoRecords() {
    Seeds.forEach(
        300,
        random -> {
          Rig rig = new Rig(RekeyPolicy.DEFAULT);
          StringBuilder expected = new StringBuilder();
          for (int i = 0; i < 20; i++) {
            byte[] handshake = new byte[0];
            for (int tickets = random.nextInt(3); tickets > 0; tickets--) {
              handshake = concat(handshake, TICKET);
              expected.append("ticket");
            }
            boolean update = random.nextInt(3) == 0;
            if (update) {
              handshake = concat(handshake, UPDATE);
            }
            for (int at = 0; at < handshake.length; ) {
              int end = at + 1 + random.nextInt(handshake.length - at);
              rig.receive(rig.peer.handshake(Arrays.copyOfRange(handshake, at, end)));
              at = end;
            }
            if (update) {
              rig.peer.nextKey();
            }
            rig.receive(rig.peer.data("data" + i));
            expected.append("data").append(i);
          }
          assertThat(streamOf(rig)).isEqualTo(expected.toString());
          rig.it.close();
          rigs.clear();
        });
  }

  /// Data as it is, whole tickets as the word.
  private static String streamOf(Rig rig) {
    StringBuilder stream = new StringBuilder();
    int ticketBytes = 0;
    while (true) {
      switch (rig.it.socket.recv()) {
        case Received.ApplicationData data ->
            stream.append(new String(SocketFixture.take(data.content()), US_ASCII));
        case Received.Control control -> {
          ticketBytes += SocketFixture.take(control.content()).length;
          for (; ticketBytes >= TICKET.length; ticketBytes -= TICKET.length) {
            stream.append("ticket");
          }
        }
        case Received.Failed failed -> throw new AssertionError(failed);
        case Received.Nothing _ -> {
          return stream.toString();
        }
      }
    }
  }

  // Answering.

  @Test
  void aRequestIsAnsweredAndLaterDataHasTheNextKey() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.send("old");
    rig.receive(rig.peer.update(UPDATE_AND_REQUEST));
    assertThat(rig.data()).isEmpty();
    rig.it.transport.runLater(0);
    assertThat(rig.it.transport.flushes()).isEqualTo(1);
    rig.send("new");
    assertThat(rig.sent()).isEqualTo("old[update]new");
    assertThat(rig.count(Counter.ANSWERS)).isEqualTo(1);
    assertThat(rig.count(TlsStat.Counter.TlsTxRekeyOk)).isEqualTo(1);
  }

  @Test
  void anAnswerGoesBeforeTheNextData() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.update(UPDATE_AND_REQUEST));
    assertThat(rig.data()).isEmpty();
    rig.send("new");
    rig.it.transport.runLater(0);
    assertThat(rig.sent()).isEqualTo("[update]new");
  }

  @Test
  void manyRequestsAtOnceAreAnsweredOnce() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    for (int i = 0; i < 10; i++) {
      rig.receive(rig.peer.update(UPDATE_AND_REQUEST));
    }
    assertThat(rig.data()).isEmpty();
    rig.it.transport.runLater(0);
    assertThat(rig.sent()).isEqualTo("[update]");
    assertThat(rig.count(Counter.TAKEN)).isEqualTo(10);
  }

  @Test
  void nothingIsAnsweredBehindTheEndOfTheData() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.update(UPDATE_AND_REQUEST));
    assertThat(rig.data()).isEmpty();
    rig.it.socket.shutdownOutput();
    rig.it.transport.runLater(0);
    assertThat(rig.sent()).isEmpty();
  }

  @Test
  void nothingIsAnsweredBehindACloseNotify() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.receive(rig.peer.update(UPDATE_AND_REQUEST));
    assertThat(rig.data()).isEmpty();
    rig.it.socket.sendCloseNotify();
    rig.it.transport.runLater(0);
    assertThat(rig.it.sentRecords()).hasSize(1);
  }

  @Test
  void aPeerThatAsksAndTakesNothingIsAnsweredOnceItTakesSomething() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.it.transport.setWritable(false);
    for (int i = 0; i < 500; i++) {
      rig.receive(rig.peer.update(UPDATE_AND_REQUEST), rig.peer.data("x"));
      assertThat(rig.data()).isEqualTo("x");
      rig.it.transport.runLater(0);
    }
    assertThat(rig.it.sentRecords()).isEmpty();
    rig.it.transport.setWritable(true);
    rig.it.socket.writeSpaceAvailable();
    assertThat(rig.sent()).isEqualTo("[update]");
  }

  @Test
  void theEndDuringAPauseIsHeardOfBehindTheData() {
    Rig rig = new Rig(new RekeyPolicy(Long.MAX_VALUE, Long.MAX_VALUE, 1, 1, 32));
    rig.receive(
        rig.peer.update(UPDATE),
        rig.peer.data("one"),
        rig.peer.update(UPDATE),
        rig.peer.data("two"));
    rig.it.socket.receivedFin();
    assertThat(rig.data()).isEqualTo("one");
    assertThat(rig.it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    now += SECOND;
    rig.it.transport.runLater(SECOND);
    assertThat(rig.data()).isEqualTo("two");
    assertThat(rig.it.socket.recv()).isEqualTo(Received.Nothing.END_OF_STREAM);
  }

  // Limits.

  @Test
  void aKeyIsReplacedWhenItHasMadeItsShareOfRecords() {
    Rig rig = new Rig(after(3));
    for (int i = 0; i < 10; i++) {
      rig.send(i + ".");
    }
    assertThat(rig.sent()).isEqualTo("0.1.2.[update]3.4.5.[update]6.7.8.[update]9.");
    assertThat(rig.count(Counter.LIMIT_REKEYS)).isEqualTo(3);
    assertThat(rig.count(Counter.SENT)).isEqualTo(3);
  }

  @Test
  void aKeyIsReplacedInTheMiddleOfOneSend() {
    Rig rig = new Rig(after(2));
    rig.it.socket.setTxMaxPayloadLength(63);
    rig.send("x".repeat(63 * 5));
    String part = "x".repeat(63 * 2);
    assertThat(rig.sent()).isEqualTo(part + "[update]" + part + "[update]" + "x".repeat(63));
  }

  @Test
  void aHeldRecordIsSentUnderTheKeyThatFollows() {
    Rig rig = new Rig(after(1));
    rig.send("a");
    ByteBuf held = SocketFixture.direct("held".getBytes(US_ASCII));
    rig.it.socket.sendmsg(held, Set.of(SendFlag.MORE));
    held.release();
    rig.send("!");
    assertThat(rig.sent()).isEqualTo("a[update]held!");
  }

  @Test
  void thePeerIsAskedForANewKeyOnceWhenItsKeyHasMadeItsShare() {
    Rig rig = new Rig(after(3));
    for (int i = 0; i < 8; i++) {
      rig.receive(rig.peer.data("."));
      assertThat(rig.data()).isEqualTo(".");
      rig.it.transport.runLater(0);
    }
    assertThat(rig.sent()).isEqualTo("[update!]");
    rig.receive(rig.peer.update(UPDATE));
    for (int i = 0; i < 3; i++) {
      rig.receive(rig.peer.data("."));
      assertThat(rig.data()).isEqualTo(".");
      rig.it.transport.runLater(0);
    }
    assertThat(rig.sent()).isEqualTo("[update!]");
    assertThat(rig.count(Counter.REQUESTS)).isEqualTo(2);
  }

  @Test
  void aKeyOfTls12ThatReachedItsLimitMakesNoMoreAndTheConsumerHearsOfIt() {
    assertSpent(TlsVersion.TLS_1_2);
  }

  @Test
  void aKeyWhoseSecretTheEngineDoesNotHaveMakesNoMoreThanItsLimit() {
    assertSpent(TlsVersion.TLS_1_3);
  }

  private void assertSpent(TlsVersion version) {
    RekeyPolicy policy = new RekeyPolicy(Long.MAX_VALUE, 3, 1000, 1000, 32);
    RecordEngine engine =
        new RecordEngine(SocketFixture.ALLOCATOR, AeadBackend.probe(), policy, () -> now);
    try (SocketFixture it = new SocketFixture(engine)) {
      it.setTx(
          new ReferenceRecords(version, CipherType.AES_GCM_128, 0, new Random(1)).cryptoInfo());
      List<Integer> ready = new ArrayList<>();
      it.socket.setCallbacks(
          new KtlsSocket.Callbacks() {
            @Override
            public void dataReady() {
              ready.add(1);
            }

            @Override
            public void writeSpace() {}
          });
      for (int i = 0; i < 5; i++) {
        it.socket.send(SocketFixture.direct(new byte[16384]));
      }
      assertThat(it.sentRecords()).hasSize(3);
      it.transport.runLater(0);
      assertThat(ready).isNotEmpty();
      assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EKEYEXPIRED));
      assertThat(engine.keyUpdateStat().value(Counter.LIMIT_REACHED)).isEqualTo(1);
    }
  }

  @Test
  void theDefaultLimitsAreThoseOfTheRfcs() {
    RekeyPolicy policy = RekeyPolicy.DEFAULT;
    assertThat(policy.rekeyAfterRecords(CipherType.AES_GCM_128)).isEqualTo(1L << 23);
    long fullRecord = TxState.blocks(16384, 1);
    assertThat(policy.maxBlocks(CipherType.AES_GCM_256)).isEqualTo(23_726_566L * fullRecord);
    assertThat(policy.maxBlocks(CipherType.AES_CCM_128)).isEqualTo((1L << 23) * fullRecord);
    assertThat(policy.maxBlocks(CipherType.CHACHA20_POLY1305)).isGreaterThan(1L << 62);
    for (CipherType cipher : CipherType.values()) {
      if (cipher != CipherType.CHACHA20_POLY1305) {
        assertThat(policy.rekeyAfterRecords(cipher) * fullRecord)
            .isLessThanOrEqualTo(policy.maxBlocks(cipher));
      }
    }
  }

  // Floods.

  @Test
  void keyUpdatesInARowWithoutDataEndTheConnection() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    for (int i = 0; i < 32; i++) {
      rig.receive(rig.peer.update(UPDATE));
      assertThat(rig.it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    }
    rig.receive(rig.peer.update(UPDATE));
    assertThat(rig.it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EPROTO));
    assertThat(rig.count(Counter.RUN_LIMITED)).isEqualTo(1);
  }

  /// JSSE clients that only download ask for a new key again and again past their limit: nothing of
  /// them is data, but this side sends it.
  @Test
  void keyUpdatesOfAPeerThatOnlyReceivesDataAreNoFlood() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    rig.it.socket.setTxMaxPayloadLength(63);
    rig.send("x".repeat(63 * 200));
    for (int i = 0; i < 200; i++) {
      rig.receive(rig.peer.update(UPDATE_AND_REQUEST));
      assertThat(rig.it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    }
    assertThat(rig.count(Counter.TAKEN)).isEqualTo(200);
  }

  @Test
  void anEmptyHandshakeRecordIsRefused() {
    assertRefused(new byte[0], Alert.UNEXPECTED_MESSAGE);
  }

  /// Goal: no key comes twice, whatever the network does. Method: a transport that throws while it
  /// takes a KeyUpdate; then no record may follow.
  @Test
  void afterAKeyUpdateThatCouldNotBeWrittenNothingIsSent() {
    Rig rig = new Rig(after(1));
    rig.send("a");
    rig.it.transport.failNextWrite();
    assertThatThrownBy(() -> rig.send("b")).isInstanceOf(OutOfMemoryError.class);
    rig.send("c");
    rig.it.socket.sendCloseNotify();
    assertThat(rig.sent()).isEqualTo("a");
    assertThat(rig.count(Counter.SENT)).isEqualTo(1);
  }

  @Test
  void emptyRecordsAreNoDataBetweenKeyUpdates() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    for (int i = 0; i < 32; i++) {
      rig.receive(rig.peer.update(UPDATE), rig.peer.data(""));
      assertThat(rig.it.socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
    }
    rig.receive(rig.peer.update(UPDATE));
    assertThat(rig.it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EPROTO));
  }

  /// The storm of haproxy/haproxy#3450: a JSSE peer (JDK-8329548) that has sent 2^37 bytes sends a
  /// KeyUpdate that asks for one with every record from then on. Whoever is hit goes on serving,
  /// slower than it could, and answers no more than it must.
  @Test
  void aPeerThatUpdatesItsKeyWithEveryRecordIsServedAtTheRateAllowed() {
    Rig rig = new Rig(new RekeyPolicy(Long.MAX_VALUE, Long.MAX_VALUE, 100, 10, 32));
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      rig.receive(rig.peer.update(UPDATE_AND_REQUEST), rig.peer.data(i + "."));
      expected.append(i).append('.');
    }
    StringBuilder got = new StringBuilder(rig.data());
    assertThat(rig.it.transport.isReading()).as("is read while it is too fast").isFalse();
    assertThat(rig.it.socket.poll()).doesNotContain(PollEvent.IN);
    rig.it.socket.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            got.append(rig.data());
          }

          @Override
          public void writeSpace() {}
        });
    int hundredths = 0;
    for (; got.length() < expected.length(); hundredths++) {
      now += SECOND / 100;
      rig.it.transport.runLater(SECOND / 100);
    }
    assertThat(got).hasToString(expected.toString());
    assertThat(hundredths).as("time for 1000 updates at 100 a second").isBetween(980, 1000);
    assertThat(rig.sent()).matches("(\\[update])+");
    assertThat(rig.count(Counter.ANSWERS)).isLessThanOrEqualTo(1000);
    assertThat(rig.count(Counter.TAKEN)).isEqualTo(1000);
    assertThat(rig.count(Counter.RATE_LIMITED)).isPositive();
    now += SECOND;
    rig.it.transport.runLater(SECOND);
    assertThat(rig.it.transport.isReading()).as("is read again").isTrue();
  }

  /// The other side of haproxy/haproxy#3450: past its limit the engine sends one KeyUpdate for each
  /// key, not one for each record.
  @Test
  void asASenderPastItsLimitTheEngineMakesNoStorm() {
    Rig rig = new Rig(after(64));
    for (int i = 0; i < 64 * 50; i++) {
      rig.send("x");
    }
    rig.sent();
    assertThat(rig.count(Counter.SENT)).isEqualTo(49);
  }

  /// What two engines do to each other: both past their limits all the time, both asking.
  @Test
  void twoEnginesPastTheirLimitsDoNotMakeAStormOfEachOther() {
    Rig rig = new Rig(after(8));
    for (int i = 0; i < 800; i++) {
      rig.send("x");
      rig.receive(i % 8 == 7 ? rig.peer.update(UPDATE_AND_REQUEST) : rig.peer.data("y"));
      rig.data();
      rig.it.transport.runLater(0);
    }
    rig.sent();
    assertThat(rig.count(Counter.SENT)).isLessThanOrEqualTo(300);
  }

  // Misuse.

  @Test
  void trafficSecretsWantBothKeysFirst() {
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      assertThatThrownBy(() -> it.socket.setTrafficSecrets(secret(bytes(1)), secret(bytes(2))))
          .isInstanceOf(KtlsException.class)
          .hasMessageStartingWith("EINVAL: ");
    }
  }

  @Test
  void whoLeavesRekeyToTheEngineCannotSetKeys() {
    Rig rig = new Rig(RekeyPolicy.DEFAULT);
    try (TrafficSecret other = secret(bytes(9));
        CryptoInfo info = other.cryptoInfo(CipherType.AES_GCM_128)) {
      assertThatThrownBy(() -> rig.it.socket.setRx(info)).hasMessageStartingWith("EINVAL: ");
    }
    assertThat(rig.count(TlsStat.Counter.TlsRxRekeyError)).isEqualTo(1);
  }

  // Without the secrets: the kernel's contract.

  @Test
  void withoutSecretsASplitKeyUpdateWaitsForTheConsumersKey() {
    ReferenceRecords first =
        new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 0, new Random(1));
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setRx(first.cryptoInfo());
      it.receive(
          concat(
              first.seal(ContentType.HANDSHAKE, concat(TICKET, new byte[] {24, 0})),
              first.seal(ContentType.HANDSHAKE, new byte[] {0, 1, 0})));
      SocketFixture.take(((Received.Control) it.socket.recv()).content());
      assertThat(it.socket.isKeyUpdatePending()).isFalse();
      SocketFixture.take(((Received.Control) it.socket.recv()).content());
      assertThat(it.socket.isKeyUpdatePending()).isTrue();
      assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EKEYEXPIRED));
    }
  }
}
