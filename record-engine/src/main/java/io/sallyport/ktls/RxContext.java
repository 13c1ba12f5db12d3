package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.TlsStat.Counter;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// The receiving half of a socket (kernel: `tls_sw_context_rx`): its key, the bytes that have
/// arrived, and the records that were opened and not taken yet.
///
/// Plain while no key is set. Records are opened one at a time, when somebody asks for what they
/// hold. Owned by its [KtlsSocket].
final class RxContext implements AutoCloseable {
  private static final Received.Failed KEY_EXPIRED = new Received.Failed(KtlsErrno.EKEYEXPIRED);
  private static final Received.Failed WOULD_BLOCK = new Received.Failed(KtlsErrno.EAGAIN);
  private static final Received.Failed NO_ROOM_FOR_TYPE = new Received.Failed(KtlsErrno.EIO);
  private static final Received.Failed UNWRITABLE = new Received.Failed(KtlsErrno.EFAULT);
  private static final Received.Failed NO_MEMORY = new Received.Failed(KtlsErrno.ENOMEM);

  /// A record that was opened by a call that did not take it all; its bytes are the readable ones.
  private record Parked(int contentType, ByteBuf content) {
    boolean isEmptyData() {
      return contentType == ContentType.APPLICATION_DATA && !content.isReadable();
    }
  }

  private final RecordEngine engine;
  private final KtlsSocket socket;
  private final SocketError error;
  private final ReceiveQueue queue;
  private final Received.ApplicationData applicationData = new Received.ApplicationData();

  private @Nullable RxState key;
  private @Nullable KeyUpdates keyUpdates;
  private @Nullable KeyUpdateScanner scanner;

  /// Kernel: `rx_list`. Few sockets ever need one.
  private @Nullable ArrayDeque<Parked> parked;

  private boolean expectNoPad;
  private boolean keyUpdatePending;
  private boolean paused;

  /// A framing error: what follows has no meaning and is never looked at.
  private boolean parserStopped;

  /// What every attempt to open the record at the front comes to.
  private Received.@Nullable Failed broken;

  /// Whether that is because the record is not authentic.
  private boolean unauthentic;

  /// Whether the record at the front is opened, and not taken yet: memory may run out in between.
  private boolean open;

  // The record opened last.
  private int contentType;
  private int plaintextOffset;
  private int plaintextLength;
  private int recordLength;

  RxContext(RecordEngine engine, KtlsSocket socket, SocketError error) {
    this.engine = engine;
    this.socket = socket;
    this.error = error;
    queue = new ReceiveQueue(engine.allocator());
  }

  @Nullable RxState key() {
    return key;
  }

  /// Makes `info` the key of the records that follow.
  void setKey(CryptoInfo info) {
    RxState before = key;
    key = new RxState(info, engine.backend());
    keyUpdatePending = false;
    if (before == null) {
      engine.stat().increment(Counter.TlsRxSw);
      engine.stat().increment(Counter.TlsCurrRxSw);
    } else {
      before.close();
      engine.stat().increment(Counter.TlsRxRekeyOk);
    }
  }

  void setKeyUpdates(KeyUpdates next) {
    keyUpdates = next;
  }

  boolean isKeyUpdatePending() {
    return keyUpdatePending;
  }

  boolean expectsNoPad() {
    return expectNoPad;
  }

  void setExpectNoPad(boolean next) {
    expectNoPad = next;
  }

  /// Reads nothing for a while: the peer sends key updates faster than it may.
  void pauseFor(long nanos) {
    paused = true;
    socket.pauseReading(
        nanos,
        () -> {
          paused = false;
        });
  }

  // What arrives.

  ByteBuf readBuffer(int size) {
    if (key == null) {
      return queue.readBuffer(size);
    }
    // No buffer is made for the length of a header that nobody has judged.
    wholeRecord(key);
    return queue.readRecordBuffer(size);
  }

  void received(ByteBuf bytes) {
    if (parserStopped || broken != null || !bytes.isReadable()) {
      bytes.release();
    } else {
      try {
        queue.append(bytes);
      } catch (OutOfMemoryError _) {
        // What arrived is lost, and what follows it worth nothing.
        fail(NO_MEMORY);
      }
    }
  }

  void receiveComplete() {
    if (key != null) {
      queue.readComplete();
    }
  }

  void pushBack(ByteBuf bytes) {
    if (bytes.isReadable()) {
      queue.prepend(bytes);
    } else {
      bytes.release();
    }
  }

  /// Whether a call would find bytes now (kernel: `tls_sw_sock_is_readable`). Looks at the framing
  /// of what is at the front, which may set the socket's error.
  boolean isReadable() {
    boolean arrived = key == null ? queue.peek() != null : wholeRecord(key) != null;
    return !keyUpdatePending && (hasParked() || broken != null || (arrived && !paused));
  }

  /// Whether that is so and `lowWaterMark` bytes have arrived, records counted as they came.
  boolean isReadable(int lowWaterMark) {
    if (!isReadable()) {
      return false;
    }
    ByteBuf front = queue.peek();
    int arrived = front == null ? 0 : front.readableBytes();
    if (parked != null) {
      for (Parked record : parked) {
        arrived += record.content.readableBytes();
      }
    }
    return arrived >= lowWaterMark || broken != null;
  }

  /// Whether nothing more will come: what waits behind a pause still does.
  boolean isEnd() {
    return !paused && socket.isEndOfInput();
  }

  /// The buffer with a whole record at its front; null when there is none.
  private @Nullable ByteBuf wholeRecord(RxState state) {
    ByteBuf front = queue.peek();
    if (front == null || front.readableBytes() < RecordHeader.LENGTH) {
      return null;
    }
    int at = front.readerIndex();
    KtlsErrno malformed = state.checkHeader(front, at);
    if (malformed != null) {
      parserStopped = true;
      queue.release();
      error.set(malformed);
      return null;
    }
    int length = RecordHeader.LENGTH + RecordHeader.fragmentLength(front, at);
    return front.readableBytes() < length ? null : front;
  }

  // Taking what has arrived.

  /// The next thing whole; the caller owns its content.
  Received recv() {
    Parked first = pollParked();
    if (first != null) {
      return received(first.contentType, first.content);
    }
    if (key == null) {
      ByteBuf bytes = queue.takeAll();
      return bytes == null ? answer(nothing()) : applicationData.fill(bytes);
    }
    Received.Failed failed = openUnlessEmpty(Integer.MAX_VALUE);
    return failed == null ? received(contentType, take()) : answer(failed);
  }

  private Received received(int type, ByteBuf content) {
    return type == ContentType.APPLICATION_DATA
        ? applicationData.fill(content)
        : new Received.Control(type, content);
  }

  private Received answer(Received.Failed failed) {
    told(failed);
    if (failed.errno() != KtlsErrno.EAGAIN) {
      return failed;
    }
    return isEnd() ? Received.Nothing.END_OF_STREAM : Received.Nothing.WOULD_BLOCK;
  }

  /// Kernel: `recvmsg`. Bytes of one type, over as many records of data as fit; a record of another
  /// type comes alone.
  ReceivedMessage recvmsg(ByteBuf into, boolean withType, boolean peek) {
    if (into.isReadOnly()) {
      return new ReceivedMessage.Failed(KtlsErrno.EFAULT);
    }
    MessageReader reader = new MessageReader(into, withType, peek);
    Received.Failed failed;
    try {
      failed = key == null && !hasParked() ? readPlain(reader) : readRecords(reader);
    } catch (OutOfMemoryError _) {
      failed = NO_MEMORY;
    }
    if (reader.length() > 0 || failed == null) {
      return reader.message();
    }
    told(failed);
    return failed.errno() == KtlsErrno.EAGAIN && isEnd()
        ? reader.message()
        : new ReceivedMessage.Failed(failed.errno());
  }

  private Received.@Nullable Failed readPlain(MessageReader reader) {
    ByteBuf front = queue.peek();
    if (front == null) {
      return nothing();
    }
    if (!reader.takesMore()) {
      return null;
    }
    boolean read = reader.readPlain(front);
    queue.releaseIfRead();
    return read ? null : UNWRITABLE;
  }

  /// Null when the reader has what it may have; otherwise why there is no more, which matters only
  /// when it has nothing.
  private Received.@Nullable Failed readRecords(MessageReader reader) {
    if (parked != null) {
      Iterator<Parked> records = parked.iterator();
      while (records.hasNext() && reader.takesMore()) {
        Parked record = records.next();
        MessageReader.Taken taken = reader.readParked(record.contentType, record.content);
        if (taken == MessageReader.Taken.WHOLE) {
          records.remove();
          record.content.release();
        }
        Received.Failed failed = failure(taken);
        if (failed != null) {
          return failed;
        }
      }
    }
    while (reader.takesMore()) {
      Received.Failed failed = open(reader.zeroCopyRoom());
      if (failed != null) {
        return failed;
      }
      // Parked before it is read: whatever the caller's buffer does, it is not lost.
      Parked record = new Parked(contentType, take());
      boolean repeats = record.isEmptyData() && hasParkedEmptyDataLast();
      parked().add(record);
      MessageReader.Taken taken = reader.read(record.contentType, record.content);
      // Empty data in a row is kept once, or a peer could fill the memory of one that peeks.
      if (taken == MessageReader.Taken.WHOLE || repeats) {
        parked().removeLast();
        record.content.release();
      }
      failed = failure(taken);
      if (failed != null) {
        return failed;
      }
    }
    return null;
  }

  private static Received.@Nullable Failed failure(MessageReader.Taken taken) {
    return switch (taken) {
      case WHOLE, KEPT, OTHER_TYPE -> null;
      case NO_ROOM_FOR_TYPE -> NO_ROOM_FOR_TYPE;
      case UNWRITABLE -> UNWRITABLE;
    };
  }

  /// Kernel: `splice`. Data of at most one record goes to `to`, as far as it takes it; another type
  /// stays.
  Sent transferTo(TxContext to, int length) {
    Parked record = pollParked();
    if (record == null && key == null) {
      return transferPlain(to, length);
    }
    if (record == null) {
      Received.Failed failed = openUnlessEmpty(0);
      if (failed != null) {
        return nothingToTransfer(failed);
      }
      try {
        record = new Parked(contentType, take());
      } catch (OutOfMemoryError _) {
        return new Sent.Failed(KtlsErrno.ENOMEM);
      }
    }
    Sent sent =
        record.contentType == ContentType.APPLICATION_DATA
            ? transfer(record.content, to, length)
            : new Sent.Failed(KtlsErrno.EINVAL);
    if (record.content.isReadable() || record.contentType != ContentType.APPLICATION_DATA) {
      parked().addFirst(record);
    } else {
      record.content.release();
    }
    return sent;
  }

  private Sent transferPlain(TxContext to, int length) {
    ByteBuf bytes = queue.takeAll();
    if (bytes == null) {
      return nothingToTransfer(nothing());
    }
    Sent sent = transfer(bytes, to, length);
    if (bytes.isReadable()) {
      queue.prepend(bytes);
    } else {
      bytes.release();
    }
    return sent;
  }

  /// Gives `to` at most `length` bytes; what it does not take stays readable.
  private static Sent transfer(ByteBuf content, TxContext to, int length) {
    int end = content.writerIndex();
    content.writerIndex(content.readerIndex() + Math.min(length, content.readableBytes()));
    try {
      return to.transfer(content);
    } finally {
      content.writerIndex(end);
    }
  }

  private Sent nothingToTransfer(Received.Failed failed) {
    told(failed);
    return failed.errno() == KtlsErrno.EAGAIN && isEnd()
        ? new Sent.Accepted(0)
        : new Sent.Failed(failed.errno());
  }

  // Opening records.

  /// Opens the next record that is not empty data. Null when one is open, to be taken.
  private Received.@Nullable Failed openUnlessEmpty(int zeroCopyRoom) {
    while (true) {
      Received.Failed failed = open(zeroCopyRoom);
      if (failed != null || plaintextLength > 0 || contentType != ContentType.APPLICATION_DATA) {
        return failed;
      }
      skip();
    }
  }

  /// Opens the record at the front. Null when it is open, to be taken or skipped.
  ///
  /// @param zeroCopyRoom bytes of the caller's buffer that the kernel could decrypt it into
  private Received.@Nullable Failed open(int zeroCopyRoom) {
    while (!open) {
      if (keyUpdatePending) {
        return KEY_EXPIRED;
      }
      if (broken != null) {
        return fail(broken);
      }
      RxState state = key;
      ByteBuf front = state == null || paused ? null : wholeRecord(state);
      if (state == null || front == null) {
        return nothing();
      }
      if (!open(state, front, zeroCopyRoom)) {
        unauthentic = !state.isAuthentic();
        // RFC 9846 §5.4: a record of nothing but padding.
        return fail(
            unauthentic
                ? new Received.Failed(KtlsErrno.EBADMSG)
                : new Received.Failed(KtlsErrno.EBADMSG, Alert.UNEXPECTED_MESSAGE));
      }
      if (state.version == TlsVersion.TLS_1_2) {
        return null;
      }
      if (keyUpdates == null) {
        noticeKeyUpdate(front);
        return null;
      }
      int before = plaintextLength;
      Received.Failed failed = followKeyUpdates(keyUpdates, state, front);
      if (failed != null) {
        return fail(failed);
      }
      if (before > 0 && plaintextLength == 0) {
        skip();
      }
    }
    return null;
  }

  private boolean open(RxState state, ByteBuf front, int zeroCopyRoom) {
    int at = front.readerIndex();
    recordLength = RecordHeader.LENGTH + RecordHeader.fragmentLength(front, at);
    if (!state.open(front, at)) {
      return false;
    }
    open = true;
    contentType = state.contentType();
    plaintextOffset = state.plaintextIndex() - at;
    plaintextLength = state.plaintextLength();
    if (state.isSpent()) {
      error.set(KtlsErrno.EBADMSG);
    }
    if (expectNoPad && state.innerLength(front, at) <= zeroCopyRoom) {
      countRetry(state);
    }
    return true;
  }

  /// What the kernel would have counted when it decrypts into the caller's buffer in the hope that
  /// there is no padding, and has to do it again elsewhere (kernel: `TLS_RX_EXPECT_NO_PAD`).
  private void countRetry(RxState state) {
    if (state.isPadded() || contentType != ContentType.APPLICATION_DATA) {
      engine.stat().increment(Counter.TlsDecryptRetry);
    }
    if (state.isPadded()) {
      engine.stat().increment(Counter.TlsRxNoPadViolation);
    }
  }

  /// The consumer has the traffic secrets: a whole KeyUpdate stops receiving until it sets a key.
  private void noticeKeyUpdate(ByteBuf front) {
    if (contentType != ContentType.HANDSHAKE) {
      return;
    }
    if (scanner == null) {
      scanner = new KeyUpdateScanner();
    }
    if (scanner.scan(front, front.readerIndex() + plaintextOffset, plaintextLength)
        != KeyUpdateScanner.Found.NONE) {
      scanner = null;
      keyUpdatePending = true;
      engine.stat().increment(Counter.TlsRxRekeyReceived);
    }
  }

  /// The engine has the traffic secrets: it takes key updates out of what the consumer gets.
  /// Without memory for the next key the connection cannot go on.
  private Received.@Nullable Failed followKeyUpdates(
      KeyUpdates updates, RxState opened, ByteBuf front) {
    updates.recordOpened(opened);
    if (contentType != ContentType.HANDSHAKE) {
      return updates.otherReceived(
          contentType == ContentType.APPLICATION_DATA && plaintextLength > 0);
    }
    try {
      Received.Failed failed =
          updates.handshakeReceived(
              front, front.readerIndex() + plaintextOffset, plaintextLength, this);
      plaintextLength = updates.otherLength();
      return failed;
    } catch (OutOfMemoryError _) {
      return NO_MEMORY;
    }
  }

  /// The content of the record that is open; the caller owns it.
  private ByteBuf take() {
    ByteBuf content = queue.takeRecord(recordLength, plaintextOffset, plaintextLength);
    open = false;
    return content;
  }

  private void skip() {
    open = false;
    queue.skipRecord(recordLength);
  }

  private Received.Failed fail(Received.Failed failure) {
    if (unauthentic) {
      engine.stat().increment(Counter.TlsDecryptError);
    }
    broken = failure;
    open = false;
    error.set(failure.errno());
    queue.release();
    return failure;
  }

  /// Nothing to open: the error the socket is in, else EAGAIN. A pause comes before an error, since
  /// records may wait behind it.
  private Received.Failed nothing() {
    KtlsErrno errno = paused ? null : error.peek();
    return errno == null ? WOULD_BLOCK : new Received.Failed(errno);
  }

  /// The consumer gets `failed` for an answer: an error that is told once is over.
  private void told(Received.Failed failed) {
    if (broken == null && failed.errno() == error.peek()) {
      error.take();
    }
  }

  private boolean hasParked() {
    return parked != null && !parked.isEmpty();
  }

  /// The first parked record that is not empty data; null when there is none.
  private @Nullable Parked pollParked() {
    if (parked == null) {
      return null;
    }
    Parked first = parked.poll();
    while (first != null && first.isEmptyData()) {
      first.content.release();
      first = parked.poll();
    }
    return first;
  }

  private boolean hasParkedEmptyDataLast() {
    Parked last = parked == null ? null : parked.peekLast();
    return last != null && last.isEmptyData();
  }

  private ArrayDeque<Parked> parked() {
    if (parked == null) {
      parked = new ArrayDeque<>(4);
    }
    return parked;
  }

  /// Drops what was not taken.
  void drop() {
    open = false;
    queue.release();
    if (parked != null) {
      parked.forEach(record -> record.content.release());
      parked = null;
    }
  }

  /// Drops what was not taken and wipes the key.
  @Override
  public void close() {
    drop();
    if (key != null) {
      key.close();
      key = null;
      engine.stat().decrement(Counter.TlsCurrRxSw);
    }
  }
}
