package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.TlsStat.Counter;
import org.jspecify.annotations.Nullable;

/// One established socket with the kernel's TLS contract: plain until keys are installed, records
/// after.
///
/// The two directions are independent, as in *Kernel TLS*: `setTx` and `setRx` each switch one.
/// Before that, bytes pass through untouched. What arrives is queued until [#recv()] takes it; what
/// is sent goes to the transport at once and reaches the network with [#flush()].
///
/// The consumer hears of events by [Callbacks], of which there is one at a time: a handshake takes
/// the place of the application's while it lasts and then gives it back.
///
/// Owned by the event loop of its engine; not thread-safe. Bounded by its consumer: no more is
/// queued for `recv` than one read of the transport while the consumer keeps reading paused.
// Longer than 400 lines for its doc comments, which are the contract.
public final class KtlsSocket implements AutoCloseable {

  /// What happens on a socket. Called on its event loop, never from within [#recv()].
  public interface Callbacks {
    /// There may be something to receive: data, a control record, the end, an error.
    void dataReady();

    /// The transport takes data again after [KtlsSocket#isWritable()] was false.
    void writeSpace();
  }

  private static final Received.Failed KEY_EXPIRED = new Received.Failed(KtlsErrno.EKEYEXPIRED);
  private static final Received.Failed CONNECTION_RESET = new Received.Failed(KtlsErrno.ECONNRESET);

  /// First byte of a KeyUpdate message (RFC 9846 §4.7.3, 8446 §4.6.3).
  private static final int KEY_UPDATE = 24;

  private final RecordEngine engine;
  private final Transport transport;
  private Callbacks callbacks = new NoCallbacks();

  private @Nullable TxState tx;
  private @Nullable RxState rx;

  private final ReceiveQueue queue;

  private final Received.ApplicationData applicationData = new Received.ApplicationData();
  private Received.@Nullable Failed failed;
  private boolean txFailed;
  private boolean keyUpdatePending;
  private boolean parserStopped;
  private boolean inputShutdown;
  private boolean finReceived;
  private boolean outputShutdown;
  private boolean closeNotifySent;
  private boolean gone;
  private boolean closed;
  private Runnable whenGone = () -> {};

  KtlsSocket(RecordEngine engine, Transport transport) {
    this.engine = engine;
    this.transport = transport;
    queue = new ReceiveQueue(engine.allocator());
  }

  /// Installs the key to send with. From now on everything sent is in records.
  ///
  /// Does not take ownership of `info`.
  ///
  /// @throws KtlsException EINVAL when version or cipher differ from those of the other direction
  ///   or of the key before; EBUSY for a second key in TLS 1.2, which has no rekey; ENOTCONN on a
  ///   closed socket
  public void setTx(CryptoInfo info) {
    TxState before = tx;
    requireFitting(info, before != null, Counter.TlsTxRekeyError);
    tx = new TxState(info, engine.backend());
    if (before == null) {
      engine.stat().increment(Counter.TlsTxSw);
      engine.stat().increment(Counter.TlsCurrTxSw);
    } else {
      before.close();
      engine.stat().increment(Counter.TlsTxRekeyOk);
    }
  }

  /// Installs the key to receive with. Bytes queued already are the first to be opened with it.
  ///
  /// Does not take ownership of `info`; throws as [#setTx] does.
  public void setRx(CryptoInfo info) {
    RxState before = rx;
    requireFitting(info, before != null, Counter.TlsRxRekeyError);
    rx = new RxState(info, engine.backend());
    keyUpdatePending = false;
    if (before == null) {
      engine.stat().increment(Counter.TlsRxSw);
      engine.stat().increment(Counter.TlsCurrRxSw);
    } else {
      before.close();
      engine.stat().increment(Counter.TlsRxRekeyOk);
    }
  }

  private void requireFitting(CryptoInfo info, boolean rekey, Counter rekeyError) {
    if (closed) {
      throw new KtlsException(KtlsErrno.ENOTCONN, "the socket is closed");
    }
    if (rekey && info.version() == TlsVersion.TLS_1_2) {
      engine.stat().increment(rekeyError);
      throw new KtlsException(KtlsErrno.EBUSY, "TLS 1.2 has no rekey");
    }
    boolean fits =
        (tx == null || (tx.version == info.version() && tx.cipherType == info.cipherType()))
            && (rx == null || (rx.version == info.version() && rx.cipherType == info.cipherType()));
    if (!fits) {
      if (rekey) {
        engine.stat().increment(rekeyError);
      }
      throw new KtlsException(
          KtlsErrno.EINVAL, "version and cipher must be those set on this socket before");
    }
  }

  /// The version that the keys are for; null while the socket is plain in both directions.
  public @Nullable TlsVersion version() {
    if (tx != null) {
      return tx.version;
    }
    return rx == null ? null : rx.version;
  }

  /// Sends application data, or plain bytes while no key is set. Takes ownership of `data`.
  ///
  /// Always accepts: a consumer that keeps within [#isWritable()] keeps memory bounded. Sending
  /// goes on when receiving has failed, as in the kernel; data is dropped on a closed socket,
  /// behind a [#shutdownOutput()], and after the last sequence number.
  public void send(ByteBuf data) {
    sendRecord(ContentType.APPLICATION_DATA, data);
  }

  /// Sends a record of another type; plain bytes while no key is set. Takes ownership of `content`.
  public void sendControl(int contentType, ByteBuf content) {
    sendRecord(contentType, content);
  }

  /// Sends an alert record, framed as plaintext while no key is set (RFC 9846 §6), and flushes.
  public void sendAlert(Alert alert) {
    ByteBuf content = engine.allocator().directBuffer(RecordHeader.LENGTH + 2);
    if (tx == null) {
      RecordHeader.write(content, ContentType.ALERT, 2);
    }
    alert.write(content);
    sendRecord(ContentType.ALERT, content);
    flush();
  }

  /// Sends the end of this side's data (RFC 9846 §6.1), once, and flushes. Nothing while no key is
  /// set.
  public void sendCloseNotify() {
    if (tx != null && !closeNotifySent) {
      closeNotifySent = true;
      sendAlert(Alert.CLOSE_NOTIFY);
    }
  }

  private void sendRecord(int contentType, ByteBuf content) {
    if (closed || outputShutdown || txFailed) {
      content.release();
    } else if (tx == null) {
      transport.write(content);
    } else if (!tx.canSeal(content.readableBytes())) {
      content.release();
      txFailed = true;
      fail(KtlsErrno.EBADMSG);
    } else if (contentType == ContentType.APPLICATION_DATA && !content.isReadable()) {
      // The kernel makes no record of a send without data.
      content.release();
    } else {
      ByteBuf direct = asDirect(content);
      try {
        transport.write(tx.seal(engine.allocator(), contentType, direct));
      } finally {
        direct.release();
      }
    }
  }

  private ByteBuf asDirect(ByteBuf content) {
    if (content.isDirect() && content.nioBufferCount() == 1) {
      return content;
    }
    ByteBuf direct = engine.allocator().directBuffer(Math.max(1, content.readableBytes()));
    direct.writeBytes(content);
    content.release();
    return direct;
  }

  /// Whether the peer has changed its key and [#setRx] has not followed: `recv` answers
  /// EKEYEXPIRED.
  public boolean isKeyUpdatePending() {
    return keyUpdatePending;
  }

  /// Hands what was sent to the network.
  public void flush() {
    transport.flush();
  }

  /// False while the peer takes less than is sent; `writeSpace` is called when that has changed.
  public boolean isWritable() {
    return transport.isWritable();
  }

  /// Takes the next thing that was received, in the order of the wire.
  ///
  /// A decryption failure stays: every later call answers EBADMSG. A framing error (EMSGSIZE,
  /// EBADMSG, EINVAL) is answered once and nothing is ever received again, as in the kernel.
  public Received recv() {
    if (inputShutdown) {
      return nothing();
    }
    if (failed != null) {
      return failed;
    }
    if (rx == null) {
      return recvPlain();
    }
    if (keyUpdatePending) {
      return KEY_EXPIRED;
    }
    return recvRecord(rx);
  }

  private Received recvPlain() {
    ByteBuf bytes = queue.takeAll();
    return bytes == null ? nothing() : applicationData.fill(bytes);
  }

  private Received recvRecord(RxState state) {
    for (ByteBuf front = queue.peek(); front != null; front = queue.peek()) {
      int at = front.readerIndex();
      int available = front.readableBytes();
      if (available < RecordHeader.LENGTH) {
        return nothing();
      }
      KtlsErrno malformed = state.checkHeader(front, at);
      if (malformed != null) {
        return stopParsing(malformed);
      }
      int recordLength = RecordHeader.LENGTH + RecordHeader.fragmentLength(front, at);
      if (available < recordLength) {
        return nothing();
      }
      if (!state.open(front, at)) {
        engine.stat().increment(Counter.TlsDecryptError);
        return fail(KtlsErrno.EBADMSG);
      }
      boolean data = state.contentType() == ContentType.APPLICATION_DATA;
      if (data && state.plaintextLength() == 0) {
        queue.skipRecord(front, recordLength);
        continue;
      }
      ByteBuf content =
          queue.takeRecord(front, recordLength, state.plaintextIndex(), state.plaintextLength());
      return data ? applicationData.fill(content) : control(state, content);
    }
    return nothing();
  }

  private Received control(RxState state, ByteBuf content) {
    if (state.version == TlsVersion.TLS_1_3
        && state.contentType() == ContentType.HANDSHAKE
        && content.isReadable()
        && content.getUnsignedByte(content.readerIndex()) == KEY_UPDATE) {
      keyUpdatePending = true;
      engine.stat().increment(Counter.TlsRxRekeyReceived);
    }
    return new Received.Control(state.contentType(), content);
  }

  private Received nothing() {
    if (gone && !closed) {
      return CONNECTION_RESET;
    }
    return finReceived ? Received.Nothing.END_OF_STREAM : Received.Nothing.WOULD_BLOCK;
  }

  private Received fail(KtlsErrno errno) {
    Received.Failed failure = new Received.Failed(errno);
    failed = failure;
    queue.release();
    return failure;
  }

  /// The parser stops for good: what follows a framing error has no meaning.
  private Received stopParsing(KtlsErrno errno) {
    parserStopped = true;
    queue.release();
    return new Received.Failed(errno);
  }

  /// Stops or resumes reading from the network: the consumer's backpressure.
  public void setReading(boolean reading) {
    if (!closed) {
      transport.setReading(reading);
    }
  }

  /// Puts bytes back before everything that was received: those an agent read but did not consume.
  /// Takes ownership of `bytes`.
  public void pushBack(ByteBuf bytes) {
    if (closed) {
      bytes.release();
      return;
    }
    queue.prepend(asDirect(bytes));
  }

  /// Who is told of events from now on. Returns who was told before.
  public Callbacks setCallbacks(Callbacks next) {
    Callbacks before = callbacks;
    callbacks = next;
    return before;
  }

  /// Wants nothing more: what has arrived and what arrives is dropped unread, errors included. Only
  /// the end is still heard of: `recv` answers END_OF_STREAM once the peer has sent FIN.
  public void shutdownInput() {
    inputShutdown = true;
    queue.release();
    setReading(true);
  }

  /// Sends FIN behind what was sent; receiving goes on.
  public void shutdownOutput() {
    if (!closed) {
      outputShutdown = true;
      transport.shutdownOutput();
    }
  }

  /// Whether [#close()] was called or the connection is gone.
  public boolean isClosed() {
    return closed || gone;
  }

  /// Bytes sent that the network has not taken yet.
  public long unsent() {
    return transport.unsent();
  }

  /// Wipes the keys, drops what was not received and closes the connection after what was sent.
  ///
  /// Sends no close_notify: that is [#sendCloseNotify()]. Closing twice does nothing.
  @Override
  public void close() {
    if (!closed) {
      release();
      transport.close();
    }
  }

  /// Like [#close()], but the peer sees a reset instead of an end: what was sent may be incomplete.
  /// Also cuts short a close that is under way.
  public void reset() {
    if (!closed) {
      release();
    }
    transport.reset();
  }

  /// Runs `then` once the connection is gone altogether, at once if it is. There is one such
  /// listener.
  public void whenGone(Runnable then) {
    if (gone) {
      then.run();
    } else {
      whenGone = then;
    }
  }

  private void release() {
    closed = true;
    queue.release();
    if (tx != null) {
      tx.close();
      tx = null;
      engine.stat().decrement(Counter.TlsCurrTxSw);
    }
    if (rx != null) {
      rx.close();
      rx = null;
      engine.stat().decrement(Counter.TlsCurrRxSw);
    }
    finReceived = true;
  }

  // What the transport calls.

  /// A buffer of about `size` bytes to read into. The caller owns a reference and gives it back
  /// with [#received]. When records are received, a record that one read cuts is completed by the
  /// next in its own buffer, without a copy.
  public ByteBuf readBuffer(int size) {
    return rx == null ? queue.readBuffer(size) : queue.readRecordBuffer(size);
  }

  /// Bytes arrived. Takes ownership of `bytes`, which must be direct and may be the buffer that
  /// [#readBuffer] gave out.
  public void received(ByteBuf bytes) {
    if (closed || failed != null || parserStopped || inputShutdown) {
      bytes.release();
      return;
    }
    queue.append(bytes);
    callbacks.dataReady();
  }

  /// The network has nothing more for now.
  public void receiveComplete() {
    if (rx != null) {
      queue.readComplete();
    }
  }

  /// The peer sent FIN.
  public void receivedFin() {
    if (!finReceived) {
      finReceived = true;
      callbacks.dataReady();
    }
  }

  /// The connection is gone. Without [#close()] before, the peer reset it; what was received until
  /// then can still be taken.
  public void disconnected() {
    if (gone) {
      return;
    }
    gone = true;
    if (!closed) {
      callbacks.dataReady();
    }
    whenGone.run();
  }

  /// The transport takes data again.
  public void writeSpaceAvailable() {
    callbacks.writeSpace();
  }

  /// Before a consumer has come, events wait in the queue.
  private static final class NoCallbacks implements Callbacks {
    @Override
    public void dataReady() {}

    @Override
    public void writeSpace() {}
  }
}
