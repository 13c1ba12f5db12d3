package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.ReferenceRecords;
import io.sallyport.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: a record that is made in the buffer of its data is the one that would have been made
/// elsewhere, and no buffer is written to that somebody else may read.
///
/// Method: the data lies in memory of the test, which can be looked at when the buffer is gone.
/// Whether a record was made in place is seen from the engine's allocator: it was asked or not.
/// Neither allocator has its buffers watched by the leak detector, whose wrappers count as derived
/// buffers.
@ExtendWith(LeakCheck.class)
class SealInPlaceTest {
  private static final int LENGTH = 100;
  private static final int BEFORE = 13;
  private static final int BEHIND = 17;

  private static final class CountingAllocator extends AbstractByteBufAllocator {
    private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true, true);
    private int made;
    private boolean empty;

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      return memory.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      if (empty) {
        throw new OutOfMemoryError("test: no direct memory");
      }
      made++;
      return memory.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }

    /// How many buffers were made since the call before.
    int made() {
      int result = made;
      made = 0;
      return result;
    }

    long used() {
      return memory.metric().usedDirectMemory();
    }
  }

  /// Memory of the test with data in it, seen by one buffer.
  private static final class Data {
    private final ByteBuffer memory;
    private final byte[] before;
    private final int from;
    private final byte[] bytes;

    Data(int capacity, int from, byte[] bytes) {
      this.from = from;
      this.bytes = bytes;
      memory = ByteBuffer.allocateDirect(capacity).put(from, bytes);
      before = content();
    }

    ByteBuf buffer() {
      return Unpooled.wrappedBuffer(memory.duplicate()).setIndex(from, from + bytes.length);
    }

    private byte[] content() {
      byte[] content = new byte[memory.capacity()];
      memory.get(0, content);
      return content;
    }

    void assertUntouched() {
      assertThat(content()).isEqualTo(before);
    }

    void assertHolds(byte[] record, int at) {
      byte[] found = new byte[record.length];
      memory.get(at, found);
      assertThat(found).isEqualTo(record);
    }
  }

  private final CountingAllocator allocator = new CountingAllocator();

  // What is made.

  static Stream<Arguments> everyCombination() {
    return RecordsTest.everyCombination();
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void theRecordLiesAroundItsDataAndNeedsNoMemory(
      AeadBackend backend, TlsVersion version, CipherType cipher) {
    for (int length : new int[] {1, 15, 16, 17, 1024, 1025, 16384}) {
      byte[] bytes = RecordsTest.bytes(new Random(length), length);
      ReferenceRecords peer = new ReferenceRecords(version, cipher, 0, new Random(1));
      try (SocketFixture it = new SocketFixture(new RecordEngine(allocator, backend))) {
        it.setTx(peer.cryptoInfo());
        allocator.empty = true;
        Data data = new Data(BEFORE + length + BEHIND, BEFORE, bytes);
        it.socket.send(data.buffer());
        Data content = new Data(BEFORE + length + BEHIND, BEFORE, bytes);
        it.socket.sendControl(ContentType.HANDSHAKE, content.buffer());
        allocator.empty = false;
        List<byte[]> records = it.sentRecords();
        int prefix = 5 + cipher.explicitNonceLength(version);
        data.assertHolds(records.getFirst(), BEFORE - prefix);
        content.assertHolds(records.getLast(), BEFORE - prefix);
        assertOpens(peer, records.getFirst(), ContentType.APPLICATION_DATA, bytes);
        assertOpens(peer, records.getLast(), ContentType.HANDSHAKE, bytes);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void bothWaysPutTheSameBytesOnTheWire(
      AeadBackend backend, TlsVersion version, CipherType cipher) {
    Seeds.forEach(
        2,
        random -> {
          ReferenceRecords keys = new ReferenceRecords(version, cipher, 7, random);
          try (SocketFixture inPlace = new SocketFixture(new RecordEngine(allocator, backend));
              SocketFixture elsewhere = new SocketFixture(backend)) {
            inPlace.setTx(keys.cryptoInfo());
            elsewhere.setTx(keys.cryptoInfo());
            for (int i = 0; i < 40; i++) {
              sendTheSame(random, inPlace.socket, elsewhere.socket);
              assertThat(inPlace.transport.takeSent()).isEqualTo(elsewhere.transport.takeSent());
            }
          }
          assertThat(allocator.used()).isZero();
        });
  }

  /// Something of a random kind and size, with random room around it for the first.
  private static void sendTheSame(Random random, KtlsSocket inPlace, KtlsSocket elsewhere) {
    if (random.nextInt(4) == 0) {
      int maxPayload = 64 + random.nextInt(2) * random.nextInt(16384 - 63);
      RecordPadding padding =
          random.nextBoolean()
              ? RecordPadding.None.NONE
              : new RecordPadding.ToBlock(1 + random.nextInt(300));
      for (KtlsSocket socket : List.of(inPlace, elsewhere)) {
        socket.setTxMaxPayloadLength(maxPayload);
        socket.setTxPadding(padding);
      }
    }
    int longest = Math.min(16384, inPlace.txMaxPayloadLength() + 2);
    int length = random.nextBoolean() ? random.nextInt(longest + 1) : longest - random.nextInt(4);
    byte[] bytes = RecordsTest.bytes(random, length);
    int before = random.nextInt(20);
    Data data = new Data(before + length + random.nextInt(330), before, bytes);
    int contentType = random.nextInt(3) > 0 ? ContentType.APPLICATION_DATA : ContentType.HANDSHAKE;
    if (contentType == ContentType.APPLICATION_DATA) {
      inPlace.send(data.buffer());
      elsewhere.send(SocketFixture.direct(bytes));
    } else {
      inPlace.sendControl(contentType, data.buffer());
      elsewhere.sendControl(contentType, SocketFixture.direct(bytes));
    }
  }

  @Test
  void keysAreReplacedAtTheSameRecords() {
    RekeyPolicy policy = new RekeyPolicy(3, Long.MAX_VALUE, 1000, 1000, 32);
    try (SocketFixture inPlace =
            updatable(new RecordEngine(allocator, AeadBackend.probe(), policy, System::nanoTime));
        SocketFixture elsewhere =
            updatable(
                new RecordEngine(
                    SocketFixture.ALLOCATOR, AeadBackend.probe(), policy, System::nanoTime))) {
      byte[] bytes = RecordsTest.bytes(new Random(3), LENGTH);
      for (int i = 0; i < 10; i++) {
        inPlace.socket.send(roomy().buffer());
        elsewhere.socket.send(SocketFixture.direct(bytes));
      }
      List<byte[]> records = inPlace.sentRecords();
      assertThat(records).hasSize(10 + 3);
      assertThat(elsewhere.sentRecords()).containsExactlyElementsOf(records);
      for (KeyUpdateStat.Counter counter : KeyUpdateStat.Counter.values()) {
        assertThat(inPlace.engine.keyUpdateStat().value(counter))
            .as(counter.toString())
            .isEqualTo(elsewhere.engine.keyUpdateStat().value(counter));
      }
    }
  }

  @Test
  void paddingGoesWhereThereIsRoomForIt() {
    try (SocketFixture it = sender()) {
      it.socket.setTxPadding(new RecordPadding.ToBlock(128));
      Data narrow = roomy();
      it.socket.send(narrow.buffer());
      assertThat(allocator.made()).isEqualTo(1);
      narrow.assertUntouched();
      Data wide = new Data(BEFORE + 128 + 16, BEFORE, bytes());
      it.socket.send(wide.buffer());
      assertThat(allocator.made()).isZero();
      List<byte[]> records = it.sentRecords();
      wide.assertHolds(records.getLast(), BEFORE - 5);
      assertThat(records).allSatisfy(record -> assertThat(record).hasSize(5 + 128 + 16));
    }
  }

  // What is left alone.

  static Stream<Arguments> whatIsLeftAlone() {
    UnaryOperator<ByteBuf> itself = UnaryOperator.identity();
    UnaryOperator<ByteBuf> slice =
        data -> data.retainedSlice(10, BEFORE + LENGTH + BEHIND).setIndex(BEFORE, BEFORE + LENGTH);
    UnaryOperator<ByteBuf> composite =
        data ->
            Unpooled.compositeBuffer()
                .addComponent(data.setIndex(0, data.capacity()))
                .setIndex(BEFORE, BEFORE + LENGTH);
    return Stream.of(
        kept("retained", BEFORE, BEHIND, ByteBuf::retain),
        kept("a slice", 10 + BEFORE, BEHIND + 10, slice),
        kept("a duplicate", BEFORE, BEHIND, ByteBuf::retainedDuplicate),
        kept("the only duplicate", BEFORE, BEHIND, ByteBuf::duplicate),
        kept("read-only", BEFORE, BEHIND, ByteBuf::asReadOnly),
        kept("a component", BEFORE, BEHIND, composite),
        kept("too little before", 4, BEHIND, itself),
        kept("too little behind", BEFORE, 16, itself),
        kept("tiny against its buffer", BEFORE, 16 * LENGTH, itself));
  }

  private static Arguments kept(String name, int before, int behind, UnaryOperator<ByteBuf> sent) {
    return Arguments.of(name, before, behind, sent);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("whatIsLeftAlone")
  void whatIsNotTheSendersAloneOrHasNoRoomIsNotWrittenTo(
      String name, int before, int behind, UnaryOperator<ByteBuf> sent) {
    try (SocketFixture it = sender()) {
      Data data = new Data(before + LENGTH + behind, before, bytes());
      ByteBuf buffer = data.buffer();
      it.socket.send(sent.apply(buffer));
      data.assertUntouched();
      assertThat(allocator.made()).as(name).isEqualTo(1);
      assertOpens(tls13(), it.sentRecords().getFirst(), ContentType.APPLICATION_DATA, bytes());
      if (buffer.refCnt() > 0) {
        buffer.release();
      }
      assertThat(buffer.refCnt()).isZero();
    }
  }

  @Test
  void aHeapBufferIsCopied() {
    try (SocketFixture it = sender()) {
      ByteBuf heap = allocator.heapBuffer(200).setIndex(BEFORE, BEFORE).writeBytes(bytes());
      it.socket.send(heap);
      assertThat(allocator.made()).isEqualTo(1);
      assertOpens(tls13(), it.sentRecords().getFirst(), ContentType.APPLICATION_DATA, bytes());
    }
  }

  @Test
  void moreThanARecordGoesToABufferOfItsOwn() {
    try (SocketFixture it = sender()) {
      it.socket.setTxMaxPayloadLength(LENGTH - 1);
      Data data = roomy();
      it.socket.send(data.buffer());
      data.assertUntouched();
      assertThat(it.sentRecords()).hasSize(2);
    }
  }

  @Test
  void whatJoinsAnOpenRecordIsCopiedToIt() {
    ReferenceRecords peer = tls13();
    try (SocketFixture it = sender()) {
      Data held = roomy();
      sendmsg(it, held, Set.of(SendFlag.MORE));
      Data data = roomy();
      it.socket.send(data.buffer());
      held.assertUntouched();
      data.assertUntouched();
      List<byte[]> records = it.sentRecords();
      assertThat(records).hasSize(1);
      assertThat(peer.open(records.getFirst()).plaintext()).hasSize(2 * LENGTH);
    }
  }

  @Test
  void whatStaysTheCallersIsNeverWrittenTo() {
    try (SocketFixture it = sender();
        SocketFixture plain = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      Data copied = roomy();
      sendmsg(it, copied, Set.of());
      copied.assertUntouched();
      Data moved = roomy();
      plain.socket.received(moved.buffer());
      assertThat(plain.socket.transferTo(it.socket, LENGTH)).isEqualTo(new Sent.Accepted(LENGTH));
      moved.assertUntouched();
      assertThat(it.sentRecords()).hasSize(2);
    }
  }

  @Test
  void plainBytesPassUntouched() {
    try (SocketFixture it = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      Data data = roomy();
      it.socket.send(data.buffer());
      data.assertUntouched();
      assertThat(it.transport.takeSent()).isEqualTo(bytes());
    }
  }

  // What fails.

  @Test
  void whatIsDroppedIsReleasedOnceAndNotWrittenTo() {
    assertDropped(it -> it.socket.close());
    assertDropped(it -> it.socket.shutdownOutput());
    assertDropped(it -> it.socket.disconnected());
  }

  private void assertDropped(Consumer<SocketFixture> before) {
    try (SocketFixture it = sender()) {
      before.accept(it);
      Data data = roomy();
      ByteBuf buffer = data.buffer();
      it.socket.send(buffer);
      assertThat(buffer.refCnt()).isZero();
      data.assertUntouched();
      assertThat(it.sentRecords()).isEmpty();
    }
  }

  @Test
  void aSpentKeyMakesNoRecordOfIt() {
    try (SocketFixture it = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      it.setTx(
          new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, -1L, new Random(1))
              .cryptoInfo());
      Data data = roomy();
      ByteBuf buffer = data.buffer();
      it.socket.send(buffer);
      assertThat(buffer.refCnt()).isZero();
      data.assertUntouched();
      assertThat(it.socket.recv()).isEqualTo(new Received.Failed(KtlsErrno.EBADMSG));
    }
  }

  @Test
  void whenTheNetworkHasNoMemoryTheRecordIsReleasedOnceAndNothingFollows() {
    try (SocketFixture it = sender()) {
      it.transport.failNextWrite();
      ByteBuf buffer = roomy().buffer();
      assertThatThrownBy(() -> it.socket.send(buffer)).isInstanceOf(OutOfMemoryError.class);
      assertThat(buffer.refCnt()).isZero();
      Data behind = roomy();
      it.socket.send(behind.buffer());
      behind.assertUntouched();
      assertThat(it.sentRecords()).isEmpty();
    }
  }

  @Test
  void withoutMemoryForTheKeyUpdateBeforeItNoRecordIsMadeOfIt() {
    RekeyPolicy policy = new RekeyPolicy(1, Long.MAX_VALUE, 1000, 1000, 32);
    try (SocketFixture it =
        updatable(new RecordEngine(allocator, AeadBackend.probe(), policy, System::nanoTime))) {
      it.socket.send(roomy().buffer());
      allocator.empty = true;
      Data data = roomy();
      ByteBuf buffer = data.buffer();
      assertThatThrownBy(() -> it.socket.send(buffer)).isInstanceOf(OutOfMemoryError.class);
      allocator.empty = false;
      assertThat(buffer.refCnt()).isZero();
      data.assertUntouched();
      assertThat(it.sentRecords()).hasSize(1);
    }
    assertThat(allocator.used()).isZero();
  }

  // What is read.

  /// The sizes that Netty reads, of the pool the proxy uses.
  @ParameterizedTest
  @ValueSource(ints = {1024, 2048, 4096, 8192, 16384})
  void aReadThatFillsItsBufferLeavesRoomForARecord(int size) {
    try (SocketFixture it =
        new SocketFixture(new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe()))) {
      ByteBuf buffer = it.socket.readBuffer(size);
      assertThat(buffer.writableBytes()).isEqualTo(size);
      it.socket.received(buffer.writeZero(size));
      assertThat(it.socket.recv())
          .isInstanceOfSatisfying(
              Received.ApplicationData.class, data -> assertThat(data.content()).isSameAs(buffer));
      assertThat(buffer.readerIndex()).isGreaterThanOrEqualTo(BEFORE);
      assertThat(buffer.maxFastWritableBytes()).isGreaterThanOrEqualTo(BEHIND);
      buffer.release();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 16385, 131_072})
  void everyReadBufferTakesWhatIsToBeRead(int size) {
    try (SocketFixture it =
        new SocketFixture(new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe()))) {
      ByteBuf buffer = it.socket.readBuffer(size);
      assertThat(buffer.writableBytes()).isEqualTo(size);
      buffer.release();
    }
  }

  @Test
  void whatAPlainSocketReadIsSealedInItsReadBuffer() {
    try (SocketFixture it = sender();
        SocketFixture plain = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()))) {
      plain.socket.received(plain.socket.readBuffer(1024).writeBytes(bytes()));
      assertThat(allocator.made()).isEqualTo(1);
      assertThat(plain.socket.recv())
          .isInstanceOfSatisfying(
              Received.ApplicationData.class, data -> it.socket.send(data.content()));
      assertThat(allocator.made()).isZero();
      assertOpens(tls13(), it.sentRecords().getFirst(), ContentType.APPLICATION_DATA, bytes());
    }
    assertThat(allocator.used()).isZero();
  }

  private SocketFixture sender() {
    SocketFixture it = new SocketFixture(new RecordEngine(allocator, AeadBackend.probe()));
    it.setTx(tls13().cryptoInfo());
    return it;
  }

  private static SocketFixture updatable(RecordEngine engine) {
    SocketFixture it = new SocketFixture(engine);
    new SessionKeys.Updatable(CipherType.AES_GCM_128, secret(), secret()).installOn(it.socket);
    return it;
  }

  private static TrafficSecret secret() {
    return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(new byte[32]));
  }

  private static void sendmsg(SocketFixture it, Data data, Set<SendFlag> flags) {
    ByteBuf buffer = data.buffer();
    assertThat(it.socket.sendmsg(buffer, flags)).isEqualTo(new Sent.Accepted(LENGTH));
    buffer.release();
  }

  /// Exactly the room that any record needs.
  private static Data roomy() {
    return new Data(BEFORE + LENGTH + BEHIND, BEFORE, bytes());
  }

  private static byte[] bytes() {
    return RecordsTest.bytes(new Random(3), LENGTH);
  }

  private static ReferenceRecords tls13() {
    return new ReferenceRecords(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 0, new Random(2));
  }

  private static void assertOpens(
      ReferenceRecords peer, byte[] record, int contentType, byte[] bytes) {
    ReferenceRecords.Opened opened = peer.open(record);
    assertThat(opened.contentType()).isEqualTo(contentType);
    assertThat(opened.plaintext()).isEqualTo(bytes);
  }
}
