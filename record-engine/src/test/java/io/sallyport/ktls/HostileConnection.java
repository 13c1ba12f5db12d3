package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.sallyport.ktls.PeerStream.Sealed;
import io.sallyport.ktls.PeerStream.Verdict;
import io.sallyport.testing.MemoryTransport;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One socket that is fed a stream, and everything it may answer meanwhile.
///
/// What was delivered is compared with what the peer sealed, byte by byte and type by type, at each
/// call; errors with the verdict of the stream; memory with what was fed and not taken.
final class HostileConnection implements AutoCloseable {
  /// What the socket may hold beside the bytes of the stream: an open record and a little.
  private static final int HELD_OTHERWISE = 2048;

  private static final int MAX_SHARE = 4;
  private static final long SECOND = 1_000_000_000L;
  private static final int REENTRANT_CALLS = 3;

  private final RecordEngine engine;
  private final UnpooledByteBufAllocator allocator;
  private final PeerStream stream;
  private final byte[] wire;
  private final Verdict verdict;
  private final int longestClaim;
  private final MemoryTransport transport = new MemoryTransport();
  private final KtlsSocket socket;
  private final ByteBuf into = Unpooled.buffer(0, 1 << 17);

  private int fed;
  private int longestRead;

  /// The next byte to be delivered: of this record, this one of its content.
  private int record;

  private int offset;
  private int keys = 1;

  private boolean keySet;
  private boolean finished;
  private boolean reset;
  private boolean closed;
  private boolean dropsInput;

  /// A key was set at the wrong time: what is not opened yet never will be.
  private boolean wrongKey;

  private boolean framingErrorTaken;
  private boolean framingErrorTold;
  private @Nullable KtlsErrno stickyError;

  private @Nullable MemoryTransport elsewhere;
  private @Nullable KtlsSocket sink;

  HostileConnection(RecordEngine engine, PeerStream stream, byte[] wire) {
    this.engine = engine;
    this.stream = stream;
    this.wire = wire;
    allocator = (UnpooledByteBufAllocator) engine.allocator();
    verdict = stream.verdict(wire);
    longestClaim = stream.longestClaim(wire);
    socket = engine.socket(transport);
    socket.setUlp(KtlsSocket.TLS_ULP);
  }

  Verdict verdict() {
    return verdict;
  }

  boolean isClosed() {
    return closed;
  }

  boolean isReset() {
    return reset;
  }

  boolean isFed() {
    return fed == wire.length || finished || reset || closed;
  }

  // Keys.

  void setKeys() {
    keySet = true;
    if (stream.updatable) {
      new SessionKeys.Updatable(stream.cipher, stream.trafficSecret(), stream.trafficSecret())
          .installOn(socket);
    } else {
      setRx(stream.key(0));
    }
  }

  void setKeysUnlessSet(boolean now) {
    if (now && !keySet && !closed) {
      setKeys();
    }
  }

  private void setRx(CryptoInfo info) {
    try (info) {
      socket.setRx(info);
    }
  }

  private void setTx() {
    try (CryptoInfo info = stream.key(1000)) {
      socket.setTx(info);
    } catch (KtlsException e) {
      require(e.errno() == KtlsErrno.EBUSY || e.errno() == KtlsErrno.EINVAL || closed, e);
    }
  }

  /// The key the peer has now, when the socket waits for it.
  private boolean setAwaitedKey() {
    if (!socket.isKeyUpdatePending() || closed) {
      return false;
    }
    setRx(stream.key(keys++));
    return true;
  }

  /// Sets the key that is set already, or one nobody has.
  private void setAnyRx(Random random) {
    boolean same = random.nextBoolean();
    boolean taken = stream.version == TlsVersion.TLS_1_3 && !stream.updatable && !closed;
    wrongKey |= taken && (!same || socket.isKeyUpdatePending());
    try {
      setRx(same ? socket.rx() : stream.key(2000));
      require(taken, "a key was taken");
    } catch (KtlsException e) {
      KtlsErrno expected =
          closed
              ? (same ? KtlsErrno.EBUSY : KtlsErrno.ENOTCONN)
              : stream.version == TlsVersion.TLS_1_2 ? KtlsErrno.EBUSY : KtlsErrno.EINVAL;
      require(e.errno() == expected, e);
      require(!taken, e);
    }
  }

  // Feeding.

  /// Some bytes arrive, read as the pipeline adapter reads, or in a buffer of the transport's own.
  void feed(int most, int readSize, boolean foreign) {
    int length = Math.min(most, wire.length - fed);
    ByteBuf bytes;
    if (foreign) {
      bytes = allocator.directBuffer(Math.max(1, length));
    } else {
      bytes = socket.readBuffer(readSize);
      longestRead = Math.max(longestRead, readSize);
      length = Math.min(length, bytes.writableBytes());
      require(bytes.isWritable(), "a read buffer without room");
    }
    if (length == 0) {
      bytes.release();
      return;
    }
    bytes.writeBytes(wire, fed, length);
    fed += length;
    socket.received(bytes);
    checkMemory();
  }

  void finish() {
    finished = true;
    socket.receivedFin();
  }

  /// The consumer calls from within its callback too.
  void callBack(Random random) {
    socket.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            for (int left = random.nextInt(REENTRANT_CALLS); left > 0; left--) {
              receiveSomehow(random);
            }
          }

          @Override
          public void writeSpace() {}
        });
  }

  // Calls.

  /// Any call there is.
  void call(Random random) {
    switch (random.nextInt(40)) {
      case 0, 1 -> setAnswerableOptions(random);
      case 2, 3 -> look();
      case 4 -> send(random);
      case 5 -> {
        if (socket.takeError() != null) {
          framingErrorTaken = true;
        }
      }
      case 6 -> {
        if (keySet && random.nextInt(4) == 0) {
          setAnyRx(random);
        }
      }
      case 7 -> {
        if (keySet && !stream.updatable) {
          setTx();
        }
      }
      case 8 -> rareCall(random);
      case 9, 10 -> socket.receiveComplete();
      case 11, 12 -> transport.runLater(0);
      case 13 -> socket.readBuffer(1 + random.nextInt(100)).release();
      case 14, 15, 16 -> setAwaitedKey();
      default -> receiveSomehow(random);
    }
    checkMemory();
  }

  private void rareCall(Random random) {
    switch (random.nextInt(10)) {
      case 0 -> {
        closed = true;
        socket.close();
      }
      case 1 -> {
        closed = true;
        socket.reset();
      }
      case 2, 3 -> {
        reset = true;
        socket.disconnected();
      }
      case 4, 5 -> finish();
      case 6 -> {
        dropsInput = true;
        socket.shutdownInput();
      }
      case 7 -> socket.shutdownOutput();
      case 8 -> {
        framingErrorTaken = true;
        socket.sendAlert(Alert.fatal(Alert.UNEXPECTED_MESSAGE));
      }
      default -> {
        framingErrorTaken = true;
        socket.sendCloseNotify();
      }
    }
  }

  private void setAnswerableOptions(Random random) {
    socket.setReceiveLowWaterMark(1 + random.nextInt(random.nextBoolean() ? 50 : 65536));
    socket.setTxZerocopyRo(random.nextBoolean());
    if (keySet && !closed && stream.version == TlsVersion.TLS_1_3) {
      socket.setRxExpectNoPad(random.nextBoolean());
      require(socket.isRxExpectNoPad() || !socket.info().rxNoPad(), "the option is not answered");
    }
  }

  private void look() {
    socket.poll();
    require(socket.info().toString().startsWith("tcp-ulp-tls"), socket.info());
    require(socket.ulp().equals("tls") && socket.unsent() >= 0, "the getters answer");
    if (keySet && !closed) {
      try (CryptoInfo live = socket.rx()) {
        require(live.version() == socket.version() && live.recSeq() >= 0, "the live key");
      }
    }
  }

  private void send(Random random) {
    ByteBuf data = allocator.directBuffer(8).writeZero(8);
    Sent sent =
        random.nextBoolean() && !stream.hasRun
            ? socket.sendmsg(data, random.nextBoolean() ? Set.of() : Set.of(SendFlag.MORE))
            : socket.sendmsg(ContentType.ALERT, data, Set.of());
    data.release();
    // Plain TCP tells the error it is in, once.
    framingErrorTaken |= sent instanceof Sent.Failed(KtlsErrno errno) && errno == verdict.errno();
    socket.flush();
    transport.takeSent();
  }

  void receiveSomehow(Random random) {
    if (!keySet) {
      receivePlain(random);
      return;
    }
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> recv();
      case 3 -> transferTo(random.nextInt(3) == 0 ? 1 + random.nextInt(20) : 1 << 16);
      default -> {
        EnumSet<RecvFlag> flags = EnumSet.noneOf(RecvFlag.class);
        if (random.nextInt(3) == 0) {
          flags.add(RecvFlag.PEEK);
        }
        if (random.nextInt(3) == 0) {
          flags.add(RecvFlag.WAITALL);
        }
        int room = random.nextInt(3) == 0 ? 1 << 16 : random.nextInt(60);
        recvmsg(room, random.nextInt(4) != 0, flags);
      }
    }
  }

  /// Before a key is set an agent reads the bytes, and puts back those that are not its own.
  private void receivePlain(Random random) {
    if (random.nextBoolean()
        && socket.recv() instanceof Received.ApplicationData data
        && data.content().isReadable()) {
      socket.pushBack(data.content());
    }
  }

  // What is received. Each answers whether there was anything.

  boolean recv() {
    // Kernel: a key update that was peeked at can be read, but poll does not say so.
    boolean readable = socket.poll().contains(PollEvent.IN) || socket.isKeyUpdatePending();
    return switch (socket.recv()) {
      case Received.ApplicationData data -> {
        require(readable && data.content().isReadable(), "data, but poll did not say so");
        deliver(ContentType.APPLICATION_DATA, data.content(), false);
        data.content().release();
        yield true;
      }
      case Received.Control(int type, ByteBuf content) -> {
        require(readable, "a record, but poll did not say so");
        deliver(type, content, false);
        content.release();
        yield true;
      }
      case Received.Failed failed -> failed(failed.errno());
      case Received.Nothing nothing -> {
        require(!isOwed() || (isPaused() && nothing == Received.Nothing.WOULD_BLOCK), nothing);
        boolean ended = nothing == Received.Nothing.END_OF_STREAM;
        require(ended == (finished || reset || closed) || (!ended && isPaused()), nothing);
        yield false;
      }
    };
  }

  boolean recvmsg(int room, boolean withType, Set<RecvFlag> flags) {
    into.clear().capacity(room);
    boolean peek = flags.contains(RecvFlag.PEEK);
    return switch (socket.recvmsg(into, withType, flags)) {
      case ReceivedMessage.Message(int length, int type, boolean end) -> {
        require(length == into.readableBytes(), "so many bytes were written");
        if (length == 0) {
          yield empty(room, withType, type, end, peek);
        }
        int next = nextRecord();
        require(next < verdict.records(), "bytes that nobody sent");
        int expected = stream.records.get(next).type();
        require(type == (withType ? expected : ContentType.NONE), "the type");
        require(withType || expected == ContentType.APPLICATION_DATA, "a type nobody asked for");
        boolean emptyEnded = hasEmptyData();
        boolean ended = deliver(expected, into, peek);
        emptyEnded |= hasEmptyData();
        require(peek || ended == end || (end && emptyEnded), "the end of a record");
        yield true;
      }
      case ReceivedMessage.Failed(KtlsErrno errno) -> failed(errno);
    };
  }

  /// An answer without bytes: no room, the end, or an empty record.
  private boolean empty(int room, boolean withType, int type, boolean end, boolean peek) {
    if (room == 0 || dropsInput || closed) {
      return false;
    }
    if (type == ContentType.NONE && !end) {
      require(finished || reset || hasEmptyData(), "the end, too early");
      require(!isOwed() || hasEmptyData(), "the end, but there is more");
      return false;
    }
    if (type == ContentType.APPLICATION_DATA || !withType) {
      require(hasEmptyData(), "an empty record that nobody sent");
      return false;
    }
    int next = nextRecord();
    require(next < verdict.records(), "an empty record that nobody sent");
    Sealed sealed = stream.records.get(next);
    byte[] content = sealed.content();
    require(content != null && content.length == 0 && sealed.type() == type, "an empty record");
    if (!peek) {
      record = next + 1;
      offset = 0;
    }
    return true;
  }

  private boolean hasEmptyData() {
    return nextRecord() > record || (record > 0 && isEmptyData(record - 1));
  }

  private void transferTo(int length) {
    if (sink == null) {
      elsewhere = new MemoryTransport();
      sink = engine.socket(elsewhere);
    }
    switch (socket.transferTo(sink, length)) {
      case Sent.Accepted(long accepted) -> {
        byte[] moved = elsewhere().takeSent();
        require(moved.length == accepted && accepted <= length, "so many bytes were moved");
        if (accepted > 0) {
          deliver(ContentType.APPLICATION_DATA, Unpooled.wrappedBuffer(moved), false);
        } else {
          require(finished || reset || closed || dropsInput, "nothing was moved");
          require(!isOwed(), "the end, but there is more");
        }
      }
      case Sent.Failed(KtlsErrno errno) -> {
        int next = nextRecord();
        boolean control =
            next < verdict.records()
                && stream.records.get(next).type() != ContentType.APPLICATION_DATA;
        if (errno != KtlsErrno.EINVAL || !control) {
          failed(errno);
        }
      }
    }
  }

  private MemoryTransport elsewhere() {
    if (elsewhere == null) {
      throw new IllegalStateException("nothing was moved");
    }
    return elsewhere;
  }

  // Oracles.

  /// The next record that is not empty and not kept from the consumer.
  private int nextRecord() {
    int next = record;
    while (next < verdict.records() && (isEmptyData(next) || isUnseen(next))) {
      next++;
    }
    return next;
  }

  private boolean isUnseen(int index) {
    return stream.records.get(index).content() == null;
  }

  private boolean isEmptyData(int index) {
    Sealed sealed = stream.records.get(index);
    byte[] content = sealed.content();
    return content != null && content.length == 0 && sealed.type() == ContentType.APPLICATION_DATA;
  }

  /// These bytes must be the next ones. Answers whether they hold the end of a record.
  private boolean deliver(int type, ByteBuf bytes, boolean peek) {
    require(!closed && !dropsInput, "bytes for somebody who wants none");
    require(stickyError == null, "bytes behind an error");
    int from = nextRecord();
    int at = from == record ? offset : 0;
    int firstRecord = from;
    boolean ended = false;
    int left = bytes.readableBytes();
    int index = bytes.readerIndex();
    do {
      require(from < verdict.records(), "bytes that nobody sent");
      Sealed sealed = stream.records.get(from);
      require(sealed.type() == type, "the type");
      require(type == ContentType.APPLICATION_DATA || from == firstRecord, "one record of control");
      byte[] content = sealed.content() == null ? new byte[0] : sealed.content();
      int length = Math.min(left, content.length - at);
      for (int i = 0; i < length; i++) {
        require(bytes.getByte(index + i) == content[at + i], "the bytes");
      }
      left -= length;
      index += length;
      at += length;
      if (at == content.length) {
        ended = true;
        at = 0;
        do {
          from++;
        } while (left > 0 && from < verdict.records() && (isEmptyData(from) || isUnseen(from)));
      }
    } while (left > 0);
    if (!peek) {
      record = from;
      offset = at;
    }
    return ended;
  }

  /// Whether something to deliver has arrived whole, and nothing keeps it back.
  private boolean isOwed() {
    int next = nextRecord();
    return next < verdict.records()
        && fed >= stream.records.get(next).end()
        && !dropsInput
        && !closed
        && !wrongKey;
  }

  /// Nobody but the engine stops reading here: the peer's key updates come too fast.
  private boolean isPaused() {
    return !transport.isReading();
  }

  private boolean failed(KtlsErrno errno) {
    require(stickyError == null || errno == stickyError || closed, errno);
    if (closed) {
      return false;
    }
    int next = nextRecord();
    boolean allSeen = next == verdict.records();
    switch (errno) {
      case EAGAIN -> require(!isOwed() || isPaused(), "EAGAIN, but there is more");
      case EIO ->
          require(
              !allSeen && stream.records.get(next).type() != ContentType.APPLICATION_DATA,
              "EIO, but the next record is data");
      case EKEYEXPIRED ->
          require(socket.isKeyUpdatePending() && next > 0 && isAtRekey(next), "EKEYEXPIRED");
      case ECONNRESET -> require(reset && !isOwed(), "ECONNRESET");
      default -> {
        boolean wrong = wrongKey && errno == KtlsErrno.EBADMSG;
        require(wrong || (errno == verdict.errno() && allSeen), errno);
        if (verdict.sticky() || errno != verdict.errno()) {
          stickyError = errno;
        } else {
          require(wrong || !framingErrorTold, "told twice");
          framingErrorTold = true;
        }
      }
    }
    return false;
  }

  /// Whether a key update stands before the next record, and no other.
  private boolean isAtRekey(int next) {
    for (int before = next - 1; before >= 0; before--) {
      if (stream.records.get(before).rekeys()) {
        return true;
      }
      if (!isEmptyData(before)) {
        return false;
      }
    }
    return false;
  }

  private void checkMemory() {
    long live = allocator.metric().usedDirectMemory();
    int taken = closed || dropsInput ? fed : stream.start(Math.min(record, stream.records.size()));
    long most =
        (long) MAX_SHARE * Math.max(0, fed - taken) + longestRead + longestClaim + HELD_OTHERWISE;
    require(live <= most, live + " bytes held of " + (fed - taken) + " fed and not taken");
  }

  // The end.

  /// Takes what is left. What was received before the first error must all have come.
  void drain(boolean wholeRecords) {
    int idle = 0;
    while (idle < 2) {
      boolean got = wholeRecords ? recv() : recvmsg(1 << 16, true, Set.of());
      if (got || setAwaitedKey()) {
        idle = 0;
      } else {
        idle++;
        transport.runLater(SECOND);
      }
    }
    if (closed || dropsInput) {
      return;
    }
    if (wrongKey) {
      return;
    }
    boolean all = fed == wire.length;
    if (all) {
      require(nextRecord() == verdict.records(), "some was never delivered");
      if (verdict.errno() != null && !reset) {
        require(
            verdict.sticky()
                ? stickyError == verdict.errno()
                : framingErrorTold || framingErrorTaken,
            "the error was never told");
        require(allocator.metric().usedDirectMemory() <= HELD_OTHERWISE, "held behind an error");
      }
    }
  }

  @Override
  public void close() {
    socket.close();
    if (!reset) {
      socket.disconnected();
    }
    transport.runLater(SECOND);
    transport.release();
    if (sink != null) {
      sink.close();
      elsewhere().release();
    }
    require(allocator.metric().usedDirectMemory() == 0, "memory was lost");
    require(engine.stat().value(TlsStat.Counter.TlsCurrRxSw) == 0, "sockets are counted");
    require(engine.stat().value(TlsStat.Counter.TlsCurrTxSw) == 0, "sockets are counted");
  }

  private void require(boolean holds, Object what) {
    if (!holds) {
      throw new AssertionError(what + ", at " + this);
    }
  }

  @Override
  public String toString() {
    return String.format(
        "record %d+%d of %s, %d of %d bytes fed, %s, %s%s",
        record,
        offset,
        stream.records.stream()
            .map(sealed ->
                sealed.type()
                    + ":"
                    + (sealed.content() == null ? "-" : sealed.content().length)
                    + (sealed.rekeys() ? "!" : "")
                    + (sealed.refused() == null ? "" : sealed.refused()))
            .toList(),
        fed,
        wire.length,
        verdict,
        stream.version,
        (stream.updatable ? " updatable" : "")
            + (keySet ? "" : " plain")
            + (finished ? " fin" : "")
            + (reset ? " rst" : "")
            + (closed ? " closed" : "")
            + (dropsInput ? " shutdownInput" : "")
            + (wrongKey ? " wrongKey" : ""));
  }
}
