package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.TlsStat.Counter;
import org.jspecify.annotations.Nullable;

/// From bytes that arrived to the record at their front, opened: framing, decryption, key updates,
/// and everything that can be wrong with them.
///
/// One record is open at a time; whoever opens it takes or skips it. Plain while no key is set:
/// then there are only bytes. Owned by its [RxContext].
final class RecordOpener implements AutoCloseable {
  private static final Received.Failed KEY_EXPIRED = new Received.Failed(KtlsErrno.EKEYEXPIRED);
  private static final Received.Failed WOULD_BLOCK = new Received.Failed(KtlsErrno.EAGAIN);
  private static final Received.Failed NOT_AUTHENTIC = new Received.Failed(KtlsErrno.EBADMSG);
  private static final Received.Failed NO_MEMORY = new Received.Failed(KtlsErrno.ENOMEM);

  private final RecordEngine engine;
  private final KtlsSocket socket;
  private final SocketError error;
  private final ReceiveQueue queue;

  private @Nullable RxState key;
  private @Nullable KeyUpdates keyUpdates;
  private @Nullable KeyUpdateScanner scanner;

  private boolean expectNoPad;
  private boolean keyUpdatePending;
  private boolean paused;

  /// A framing error: what follows has no meaning and is never looked at.
  private boolean parserStopped;

  /// What every attempt to open the record at the front comes to.
  private Received.@Nullable Failed broken;

  /// Whether the record at the front is opened, and not taken yet: memory may run out in between.
  private boolean open;

  // The record opened last.
  private int contentType;
  private int plaintextOffset;
  private int plaintextLength;
  private int recordLength;

  RecordOpener(RecordEngine engine, KtlsSocket socket, SocketError error) {
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
    socket.pauseReading(nanos, () -> paused = false);
  }

  // What arrives.

  ByteBuf readBuffer(int size) {
    if (key == null) {
      return queue.readPlainBuffer(size);
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

  /// Bytes that have arrived and were not taken.
  int arrived() {
    ByteBuf front = queue.peek();
    return front == null ? 0 : front.readableBytes();
  }

  /// Whether [#open] would not answer EAGAIN, or there are plain bytes. Looks at the framing of
  /// what is at the front, which may set the socket's error.
  boolean isReadable() {
    boolean arrived = key == null ? queue.peek() != null : wholeRecord(key) != null;
    return broken != null || (arrived && !paused);
  }

  boolean isBroken() {
    return broken != null;
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

  // Plain bytes.

  /// What has arrived, to be read; null when there is nothing.
  @Nullable ByteBuf plainBytes() {
    return queue.peek();
  }

  /// Some of [#plainBytes()] were read.
  void plainBytesRead() {
    queue.releaseIfRead();
  }

  /// All that has arrived; null when there is nothing. The caller owns it.
  @Nullable ByteBuf takePlainBytes() {
    return queue.takeAll();
  }

  // Records.

  /// Type of the record that is open.
  int contentType() {
    return contentType;
  }

  /// Opens the next record that is not empty data. Null when one is open, to be taken.
  Received.@Nullable Failed openUnlessEmpty(int zeroCopyRoom) {
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
  Received.@Nullable Failed open(int zeroCopyRoom) {
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
      Received.Failed unopened = open(state, front, zeroCopyRoom);
      if (unopened != null) {
        return fail(unopened);
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

  /// Null when the record at the front is open.
  private Received.@Nullable Failed open(RxState state, ByteBuf front, int zeroCopyRoom) {
    int at = front.readerIndex();
    recordLength = RecordHeader.LENGTH + RecordHeader.fragmentLength(front, at);
    Received.Failed failed = failure(state.open(front, at));
    if (failed != null) {
      return failed;
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
    return null;
  }

  private static Received.@Nullable Failed failure(RxState.Opening opening) {
    return switch (opening) {
      case OPENED -> null;
      case NOT_AUTHENTIC -> NOT_AUTHENTIC;
      case NO_TYPE -> new Received.Failed(KtlsErrno.EBADMSG, Alert.UNEXPECTED_MESSAGE);
      case SPENT -> new Received.Failed(KtlsErrno.EBADMSG, Alert.INTERNAL_ERROR);
    };
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
  ByteBuf take() {
    ByteBuf content = queue.takeRecord(recordLength, plaintextOffset, plaintextLength);
    open = false;
    return content;
  }

  private void skip() {
    open = false;
    queue.skipRecord(recordLength);
  }

  private Received.Failed fail(Received.Failed failure) {
    if (failure.equals(NOT_AUTHENTIC)) {
      // Every attempt counts, as in the kernel.
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
  Received.Failed nothing() {
    KtlsErrno errno = paused ? null : error.peek();
    return errno == null ? WOULD_BLOCK : new Received.Failed(errno);
  }

  /// The consumer gets `failed` for an answer: an error that is told once is over.
  void told(Received.Failed failed) {
    if (broken == null && failed.errno() == error.peek()) {
      error.take();
    }
  }

  /// Drops what has arrived.
  void drop() {
    open = false;
    queue.release();
  }

  /// Drops what has arrived and wipes the key.
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
