package io.sallyport.ktls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.ReferenceRecords;
import io.sallyport.testing.ReferenceRecords.Opened;
import java.io.ByteArrayOutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is sent, seen from the wire: memory that runs out, padding, files, gathered pieces.
@ExtendWith(LeakCheck.class)
class SendingTest {
  private static final Set<SendFlag> NONE = Set.of();
  private static final Set<SendFlag> MORE = Set.of(SendFlag.MORE);

  @TempDir Path folder;

  /// Direct memory that can run out, as Netty's does.
  private static final class ScarceAllocator extends AbstractByteBufAllocator {
    private IntPredicate lacks = size -> false;

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      if (lacks.test(initialCapacity)) {
        throw new OutOfMemoryError("test: no direct memory");
      }
      return UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void whenMemoryRunsOutNothingIsLostAndNoSequenceNumberSkipped(TlsVersion version) {
    ScarceAllocator allocator = new ScarceAllocator();
    ReferenceRecords peer = keys(version);
    try (SocketFixture it = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      it.setTx(peer.cryptoInfo());
      assertThat(send(it, "held", MORE)).isEqualTo(new Sent.Accepted(4));
      allocator.lacks = size -> true;
      assertThat(sendControl(it, "no")).isEqualTo(new Sent.Failed(KtlsErrno.ENOMEM));
      String large = "x".repeat(20_000);
      ByteBuf data = SocketFixture.direct(large.getBytes(US_ASCII));
      long accepted =
          switch (it.socket.sendmsg(data, NONE)) {
            case Sent.Accepted(long length) -> length;
            case Sent.Failed(KtlsErrno errno) -> {
              assertThat(errno).isEqualTo(KtlsErrno.ENOMEM);
              yield 0;
            }
          };
      assertThat(data.readerIndex()).as("what was not accepted is still there").isEqualTo(accepted);
      allocator.lacks = size -> false;
      assertThat(it.socket.sendmsg(data, NONE)).isEqualTo(new Sent.Accepted(20_000 - accepted));
      data.release();
      assertThat(text(it, peer)).isEqualTo("held" + large);
    }
  }

  @Test
  void withoutMemoryToReceiveIntoTheRecordStays() {
    ScarceAllocator allocator = new ScarceAllocator();
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      it.setRx(peer.cryptoInfo());
      // A large buffer, so that a small record is copied out of it.
      it.socket.received(
          allocator
              .directBuffer(4096)
              .writeBytes(peer.seal(ContentType.APPLICATION_DATA, "one".getBytes(US_ASCII)))
              .writeBytes(peer.seal(ContentType.APPLICATION_DATA, "two".getBytes(US_ASCII))));
      ByteBuf into = Unpooled.buffer(100);
      allocator.lacks = size -> true;
      assertThat(it.socket.recvmsg(into, true, Set.of()))
          .isEqualTo(new ReceivedMessage.Failed(KtlsErrno.ENOMEM));
      allocator.lacks = size -> false;
      assertThat(it.socket.recvmsg(into, true, Set.of()))
          .isEqualTo(new ReceivedMessage.Message(6, ContentType.APPLICATION_DATA, true));
      assertThat(into.toString(US_ASCII)).isEqualTo("onetwo");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 100, 256, 4096, 16384})
  void paddedRecordsAreMultiplesOfTheBlockAndNeverTooLong(int block) {
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setTx(peer.cryptoInfo());
      it.socket.setTxPadding(new RecordPadding.ToBlock(block));
      StringBuilder expected = new StringBuilder();
      for (int length : new int[] {1, 15, 16, 255, 256, 5000, 16383, 16384, 40_000}) {
        String text = "p".repeat(length);
        expected.append(text);
        it.socket.send(SocketFixture.direct(text.getBytes(US_ASCII)));
      }
      StringBuilder got = new StringBuilder();
      for (byte[] record : it.sentRecords()) {
        int inner = record.length - 5 - 16;
        assertThat(inner).isLessThanOrEqualTo(16385);
        assertThat(inner % block == 0 || inner == 16385).as("inner length %d", inner).isTrue();
        got.append(new String(peer.open(record).plaintext(), US_ASCII));
      }
      assertThat(got).hasToString(expected.toString());
    }
  }

  @Test
  void paddingStaysWithinTheMaximumPayloadAndOutOfTls12() {
    for (TlsVersion version : TlsVersion.values()) {
      ReferenceRecords peer = keys(version);
      try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
        it.setTx(peer.cryptoInfo());
        it.socket.setTxMaxPayloadLength(100);
        it.socket.setTxPadding(new RecordPadding.ToBlock(64));
        it.socket.send(SocketFixture.direct(new byte[130]));
        List<byte[]> records = it.sentRecords();
        assertThat(records.stream().map(record -> record.length))
            .as(version.toString())
            .containsExactlyElementsOf(
                version == TlsVersion.TLS_1_3
                    ? List.of(5 + 101 + 16, 5 + 64 + 16)
                    : List.of(5 + 8 + 100 + 16, 5 + 8 + 30 + 16));
        for (byte[] record : records) {
          peer.open(record);
        }
      }
    }
  }

  @Test
  void aHeldRecordIsPaddedToo() {
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setTx(peer.cryptoInfo());
      it.socket.setTxPadding(new RecordPadding.ToBlock(1024));
      send(it, "held", MORE);
      send(it, " and sent", NONE);
      byte[] record = it.sentRecords().getFirst();
      assertThat(record).hasSize(5 + 1024 + 16);
      assertThat(peer.open(record).plaintext()).isEqualTo("held and sent".getBytes(US_ASCII));
    }
  }

  @Test
  void aRegionOfAFileGoesOutInRecordsOfMaximumSize() throws Exception {
    byte[] content = RecordsTest.bytes(new Random(5), 300_000);
    Path file = Files.write(folder.resolve("file"), content);
    for (TlsVersion version : TlsVersion.values()) {
      ReferenceRecords peer = keys(version);
      try (SocketFixture it = new SocketFixture(AeadBackend.probe());
          FileChannel channel = FileChannel.open(file)) {
        it.setTx(peer.cryptoInfo());
        assertThat(it.socket.sendFile(channel, 1000, 200_000))
            .isEqualTo(new Sent.Accepted(200_000));
        assertThat(it.socket.sendFile(channel, 299_990, 100)).isEqualTo(new Sent.Accepted(10));
        assertThat(it.socket.sendFile(channel, 300_000, 100)).isEqualTo(new Sent.Accepted(0));
        assertThat(it.socket.sendFile(channel, -1, 100))
            .isEqualTo(new Sent.Failed(KtlsErrno.EINVAL));
        List<byte[]> records = it.sentRecords();
        assertThat(records).hasSize(200_000 / 16384 + 1 + 1);
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        records.forEach(record -> got.writeBytes(peer.open(record).plaintext()));
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(content, 1000, 200_000);
        expected.write(content, 299_990, 10);
        assertThat(got.toByteArray()).isEqualTo(expected.toByteArray());
      }
    }
  }

  @Test
  void aFileStopsWhereThePeerTakesNoMore() throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[300_000]);
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = new SocketFixture(AeadBackend.probe());
        FileChannel channel = FileChannel.open(file)) {
      it.setTx(peer.cryptoInfo());
      it.transport.setWritable(false);
      assertThat(it.socket.sendFile(channel, 0, 300_000))
          .isEqualTo(new Sent.Failed(KtlsErrno.EAGAIN));
      assertThat(it.sentRecords()).isEmpty();
    }
  }

  @Test
  void piecesAreGatheredIntoOneRecordWhateverMemoryTheyLieIn() {
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setTx(peer.cryptoInfo());
      CompositeByteBuf pieces =
          Unpooled.compositeBuffer()
              .addComponent(true, Unpooled.copiedBuffer("heap ", US_ASCII))
              .addComponent(true, SocketFixture.direct("direct ".getBytes(US_ASCII)))
              .addComponent(true, Unpooled.copiedBuffer("again", US_ASCII));
      assertThat(it.socket.sendmsg(pieces, NONE)).isEqualTo(new Sent.Accepted(17));
      assertThat(pieces.isReadable()).isFalse();
      pieces.release();
      List<byte[]> records = it.sentRecords();
      assertThat(records).hasSize(1);
      assertThat(peer.open(records.getFirst()).plaintext())
          .isEqualTo("heap direct again".getBytes(US_ASCII));
    }
  }

  /// Goal: no endless loop around a full record. Method: memory runs out for the KeyUpdate that has
  /// to go before it.
  @Test
  void aFullRecordThatMemoryRanOutForGoesOutLater() {
    ScarceAllocator allocator = new ScarceAllocator();
    RekeyPolicy policy = new RekeyPolicy(1, Long.MAX_VALUE, 1000, 1000, 32);
    try (SocketFixture it =
        new SocketFixture(
            new RecordEngine(allocator, AeadBackend.probe(), policy, System::nanoTime))) {
      new SessionKeys.Updatable(CipherType.AES_GCM_128, secret(), secret()).installOn(it.socket);
      it.socket.setTxMaxPayloadLength(600);
      send(it, "x", NONE);
      allocator.lacks = size -> size == KeyUpdateScanner.MESSAGE_LENGTH;
      send(it, "a".repeat(600), MORE);
      assertThat(send(it, "b", NONE)).isEqualTo(new Sent.Failed(KtlsErrno.ENOMEM));
      assertThat(it.sentRecords()).hasSize(1);
      allocator.lacks = size -> false;
      assertThat(send(it, "b", NONE)).isEqualTo(new Sent.Accepted(1));
      assertThat(it.sentRecords().stream().map(record -> record.length))
          .as("update, full record, update, the last byte")
          .containsExactly(22 + 5, 22 + 600, 22 + 5, 22 + 1);
    }
  }

  private static TrafficSecret secret() {
    return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(new byte[32]));
  }

  /// Goal: whoever gets less than was sent never gets an authentic end.
  @Test
  void aStreamWithAHoleNeverEndsCleanly() {
    ReferenceRecords peer = keys(TlsVersion.TLS_1_2);
    try (SocketFixture it = limitedTo(3)) {
      it.setTx(peer.cryptoInfo());
      it.socket.send(SocketFixture.direct("one".getBytes(US_ASCII)));
      it.socket.send(SocketFixture.direct(new byte[60_000]));
      it.socket.sendAlert(new Alert(1, 100));
      it.socket.send(SocketFixture.direct("behind the hole".getBytes(US_ASCII)));
      it.socket.sendCloseNotify();
      assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EKEYEXPIRED));
      it.socket.sendCloseNotify();
      it.socket.sendAlert(Alert.CLOSE_NOTIFY);
      it.socket.send(SocketFixture.direct("behind the hole".getBytes(US_ASCII)));
      assertThat(send(it, "behind the hole", NONE)).isEqualTo(new Sent.Failed(KtlsErrno.EPIPE));
      it.socket.sendAlert(Alert.fatal(Alert.INTERNAL_ERROR));
      List<Opened> records = it.sentRecords().stream().map(peer::open).toList();
      assertThat(records).hasSize(2);
      assertThat(records.getFirst().plaintext()).isEqualTo("one".getBytes(US_ASCII));
      assertThat(records.getLast().plaintext()).containsExactly(2, Alert.INTERNAL_ERROR);
    }
  }

  @Test
  void aSpentKeyStillTellsThePeer() {
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = limitedTo(1)) {
      it.setTx(peer.cryptoInfo());
      String full = "x".repeat(16384);
      assertThat(send(it, full, NONE)).isEqualTo(new Sent.Accepted(16384));
      assertThat(send(it, "y", NONE)).isEqualTo(new Sent.Failed(KtlsErrno.EKEYEXPIRED));
      assertThat(sendControl(it, "update")).isEqualTo(new Sent.Accepted(6));
      try (CryptoInfo next = keys(TlsVersion.TLS_1_3).cryptoInfo()) {
        it.socket.setTx(next);
      }
      assertThat(send(it, "y", NONE)).isEqualTo(new Sent.Accepted(1));
    }
  }

  @Test
  void aControlRecordBehindAHeldOneNeedsTwoSequenceNumbers() {
    ReferenceRecords peer =
        new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, -3L, new Random(2));
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      it.setTx(peer.cryptoInfo());
      send(it, "held", MORE);
      assertThat(sendControl(it, "no")).isEqualTo(new Sent.Accepted(2));
      assertThat(send(it, "none left", NONE)).isEqualTo(new Sent.Failed(KtlsErrno.EBADMSG));
      assertThat(it.socket.takeError()).isEqualTo(KtlsErrno.EBADMSG);
      assertThat(send(it, "none left", NONE)).isEqualTo(new Sent.Failed(KtlsErrno.EBADMSG));
      assertThat(it.sentRecords()).hasSize(2);
    }
  }

  @Test
  void aFileThatEndsWhereAReadEndsLeavesNoRecordOpen() throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[8 * 16384]);
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    try (SocketFixture it = new SocketFixture(AeadBackend.probe());
        FileChannel channel = FileChannel.open(file)) {
      it.setTx(peer.cryptoInfo());
      send(it, "held", MORE);
      assertThat(it.socket.sendFile(channel, 0, 1 << 20)).isEqualTo(new Sent.Accepted(8 * 16384));
      assertThat(text(it, peer)).hasSize(4 + 8 * 16384);
    }
  }

  @Test
  void whatATargetDoesNotTakeStaysToBeReceived() {
    ReferenceRecords from = keys(TlsVersion.TLS_1_3);
    ReferenceRecords peer = keys(TlsVersion.TLS_1_3);
    ScarceAllocator allocator = new ScarceAllocator();
    try (SocketFixture source = new SocketFixture(AeadBackend.probe());
        SocketFixture target =
            new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      source.setRx(from.cryptoInfo());
      target.setTx(peer.cryptoInfo());
      source.receive(from.seal(ContentType.APPLICATION_DATA, "moved".getBytes(US_ASCII)));
      allocator.lacks = size -> true;
      assertThat(source.socket.transferTo(target.socket, 100))
          .isEqualTo(new Sent.Failed(KtlsErrno.ENOMEM));
      allocator.lacks = size -> false;
      target.transport.setWritable(false);
      assertThat(source.socket.transferTo(target.socket, 100))
          .isEqualTo(new Sent.Failed(KtlsErrno.EAGAIN));
      target.transport.setWritable(true);
      assertThat(source.socket.transferTo(target.socket, 3)).isEqualTo(new Sent.Accepted(3));
      assertThat(source.socket.transferTo(target.socket, 100)).isEqualTo(new Sent.Accepted(2));
      assertThat(source.socket.transferTo(target.socket, 100))
          .isEqualTo(new Sent.Failed(KtlsErrno.EAGAIN));
      assertThat(text(target, peer)).isEqualTo("moved");
    }
  }

  @Test
  void theSocketSaysOfItselfWhatSsWould() {
    try (SocketFixture it = new SocketFixture(AeadBackend.probe())) {
      assertThat(it.socket.info()).hasToString("tcp-ulp-tls rxconf: none txconf: none");
      it.setTx(keys(TlsVersion.TLS_1_3).cryptoInfo());
      assertThat(it.socket.info())
          .hasToString("tcp-ulp-tls version: 1.3 cipher: aes-gcm-128 rxconf: none txconf: sw");
      it.setRx(keys(TlsVersion.TLS_1_3).cryptoInfo());
      it.socket.setTxZerocopyRo(true);
      it.socket.setRxExpectNoPad(true);
      assertThat(it.socket.info())
          .hasToString(
              "tcp-ulp-tls version: 1.3 cipher: aes-gcm-128 rxconf: sw txconf: sw zc_ro_tx"
                  + " no_pad_rx");
    }
  }

  @Test
  void aBlockOfNoSizeIsRefused() {
    assertThatThrownBy(() -> new RecordPadding.ToBlock(0))
        .isInstanceOf(KtlsException.class)
        .hasMessage("EINVAL: found padding to 0 bytes, expected 1 to 16384");
  }

  private static Sent send(SocketFixture it, String text, Set<SendFlag> flags) {
    ByteBuf data = SocketFixture.direct(text.getBytes(US_ASCII));
    try {
      return it.socket.sendmsg(data, flags);
    } finally {
      data.release();
    }
  }

  private static Sent sendControl(SocketFixture it, String text) {
    ByteBuf data = SocketFixture.direct(text.getBytes(US_ASCII));
    try {
      return it.socket.sendmsg(ContentType.HANDSHAKE, data, NONE);
    } finally {
      data.release();
    }
  }

  private static String text(SocketFixture it, ReferenceRecords peer) {
    StringBuilder text = new StringBuilder();
    for (byte[] record : it.sentRecords()) {
      Opened opened = peer.open(record);
      if (opened.contentType() == ContentType.APPLICATION_DATA) {
        text.append(new String(opened.plaintext(), US_ASCII));
      }
    }
    return text.toString();
  }

  /// A socket whose keys make as much as so many full records.
  private static SocketFixture limitedTo(long records) {
    RekeyPolicy policy = new RekeyPolicy(Long.MAX_VALUE, records, 1000, 1000, 32);
    return new SocketFixture(
        new RecordEngine(SocketFixture.ALLOCATOR, AeadBackend.probe(), policy, System::nanoTime));
  }

  private static ReferenceRecords keys(TlsVersion version) {
    return new ReferenceRecords(version, CipherType.AES_GCM_128, 0, new Random(2));
  }
}
