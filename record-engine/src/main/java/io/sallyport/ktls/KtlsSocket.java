package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.TlsStat.Counter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One socket with the kernel's TLS contract: plain TCP until keys are installed, records after.
///
/// The two directions are independent, as in *Kernel TLS*: `setTx` and `setRx` each switch one.
/// Before that, bytes pass through untouched. There are two ways to send and to receive: [#sendmsg]
/// and [#recvmsg] copy from and to the caller's buffers with the kernel's rules to the letter;
/// [#send] and [#recv] hand buffers over, and are what a proxy uses. Both see the same stream. No
/// call ever waits.
///
/// The consumer hears of events by [Callbacks], of which there is one at a time: a handshake takes
/// the place of the application's while it lasts and then gives it back.
///
/// Owned by the event loop of its engine; not thread-safe. Bounded by its consumer: no more is
/// queued to be received than one read of the transport while the consumer keeps reading paused,
/// and no more to be sent than the consumer sends in spite of [#isWritable()].
// Longer than 400 lines for its doc comments, which are the contract; the work is in TxContext and
// RxContext.
public final class KtlsSocket implements AutoCloseable {

  /// What happens on a socket. Called on its event loop, never from within a call that receives.
  public interface Callbacks {
    /// There is something to receive: data, a whole control record, the end, an error. A part of a
    /// record is nothing.
    void dataReady();

    /// The transport takes data again after [KtlsSocket#isWritable()] was false.
    void writeSpace();

    /// [KtlsSocket#close()] or [KtlsSocket#reset()] was called, which this is called from within,
    /// once, and last: no other event follows. For whoever is told in the owner's place, as a
    /// handshake is; the owner knows.
    default void closed() {}
  }

  /// The name of the one upper layer protocol there is (kernel: `TCP_ULP`).
  public static final String TLS_ULP = "tls";

  /// Whoever waits for more would have to hold more.
  private static final int MAX_LOW_WATER_MARK = 64 << 10;

  private final RecordEngine engine;
  private final Transport transport;
  private final SocketError error = new SocketError();
  private final TxContext tx;
  private final RecordOpener opener;
  private final RxContext rx;
  private Callbacks callbacks = new NoCallbacks();
  private @Nullable KeyUpdates keyUpdates;

  private int receiveLowWaterMark = 1;
  private boolean ulp;
  private boolean txZerocopyRo;
  private boolean inputShutdown;
  private boolean finReceived;
  private boolean readingWanted = true;
  private boolean readingPaused;
  private boolean gone;
  private boolean closed;
  private Runnable whenGone = () -> {};

  KtlsSocket(RecordEngine engine, Transport transport) {
    this.engine = engine;
    this.transport = transport;
    tx = new TxContext(engine, this, transport, error);
    opener = new RecordOpener(engine, this, error);
    rx = new RxContext(opener);
  }

  // The upper layer protocol and keys.

  /// Puts TLS on this socket (kernel: `setsockopt(TCP_ULP)`). Bytes pass through until keys are
  /// set.
  ///
  /// @throws KtlsException ENOENT for another name than `tls`; EEXIST the second time; ENOTCONN
  ///   unless the connection is established
  public void setUlp(String name) {
    Misuse.notNull(name, "the name of a ULP");
    if (!name.equals(TLS_ULP)) {
      throw new KtlsException(
          KtlsErrno.ENOENT, "found ULP \"" + name + "\", expected \"" + TLS_ULP + "\"");
    }
    if (ulp) {
      throw new KtlsException(KtlsErrno.EEXIST, "the socket has the ULP " + TLS_ULP + " already");
    }
    if (closed || !transport.isEstablished()) {
      throw new KtlsException(
          KtlsErrno.ENOTCONN, "a ULP is set on an established connection: connect first");
    }
    ulp = true;
  }

  /// The name of the ULP, empty while there is none.
  public String ulp() {
    return ulp ? TLS_ULP : "";
  }

  /// Installs the key to send with. From now on everything sent is in records; a record that is
  /// open is sealed with the new key.
  ///
  /// Does not take ownership of `info`.
  ///
  /// @throws KtlsException ENOPROTOOPT without the ULP; EINVAL when version or cipher differ from
  ///   those of the other direction or of the key before, or when the engine rekeys by itself;
  ///   EBUSY for a second key in TLS 1.2, which has no rekey; ENOTCONN on a closed socket
  public void setTx(CryptoInfo info) {
    TxState before = tx.key();
    requireFitting(info, before == null ? null : before.version, Counter.TlsTxRekeyError);
    tx.setKey(info);
  }

  /// Installs the key to receive with. Bytes queued already are the first to be opened with it. A
  /// consumer that waits behind a KeyUpdate hears of what became readable.
  ///
  /// Does not take ownership of `info`; throws as [#setTx] does.
  public void setRx(CryptoInfo info) {
    RxState before = opener.key();
    requireFitting(info, before == null ? null : before.version, Counter.TlsRxRekeyError);
    boolean wasPending = opener.isKeyUpdatePending();
    opener.setKey(info);
    if (wasPending) {
      notifyLater();
    }
  }

  /// @param before version of the key that is replaced; null for the first one
  private void requireFitting(CryptoInfo info, @Nullable TlsVersion before, Counter rekeyError) {
    Misuse.notNull(info, "the key");
    KtlsException misfit = misfit(info, before);
    if (misfit != null) {
      if (before != null) {
        engine.stat().increment(rekeyError);
      }
      throw misfit;
    }
  }

  private @Nullable KtlsException misfit(CryptoInfo info, @Nullable TlsVersion before) {
    if (closed) {
      return new KtlsException(KtlsErrno.ENOTCONN, "the socket is closed");
    }
    if (!ulp) {
      return new KtlsException(
          KtlsErrno.ENOPROTOOPT, "the socket has no ULP: call setUlp(\"tls\") first");
    }
    if (before == TlsVersion.TLS_1_2) {
      return new KtlsException(KtlsErrno.EBUSY, "TLS 1.2 has no rekey");
    }
    if (keyUpdates != null) {
      return new KtlsException(
          KtlsErrno.EINVAL, "the engine holds the traffic secrets and rekeys by itself");
    }
    TxState sending = tx.key();
    RxState receiving = opener.key();
    boolean fits =
        (sending == null
                || (sending.version == info.version() && sending.cipherType == info.cipherType()))
            && (receiving == null
                || (receiving.version == info.version()
                    && receiving.cipherType == info.cipherType()));
    return fits
        ? null
        : new KtlsException(
            KtlsErrno.EINVAL, "version and cipher must be those set on this socket before");
  }

  /// The key to send with, with iv and sequence number of the next record (kernel:
  /// `getsockopt(TLS_TX)`). The caller closes it.
  ///
  /// @throws KtlsException EBUSY when none is set
  public CryptoInfo tx() {
    TxState state = tx.key();
    if (state == null) {
      throw new KtlsException(KtlsErrno.EBUSY, "no key to send with is set");
    }
    return state.cryptoInfo();
  }

  /// The key to receive with, with iv and sequence number of the next record (kernel:
  /// `getsockopt(TLS_RX)`). The caller closes it.
  ///
  /// @throws KtlsException EBUSY when none is set
  public CryptoInfo rx() {
    RxState state = opener.key();
    if (state == null) {
      throw new KtlsException(KtlsErrno.EBUSY, "no key to receive with is set");
    }
    return state.cryptoInfo();
  }

  /// Leaves key updates to the engine (RFC 9846 §4.7.3): it replaces its key before the AEAD limit
  /// (§5.5), answers the peer's requests, and follows the peer's updates, which the consumer does
  /// not see. The secrets must be those that both keys came from. Takes ownership of both.
  ///
  /// Without this the contract is the kernel's: the consumer sends KeyUpdates and sets keys, and a
  /// key that has made as many records as it may makes no more.
  ///
  /// @throws KtlsException EINVAL unless both keys are set, and for TLS 1.3
  public void setTrafficSecrets(TrafficSecret txSecret, TrafficSecret rxSecret) {
    Misuse.notNull(txSecret, "the secret to send with");
    Misuse.notNull(rxSecret, "the secret to receive with");
    TxState sending = tx.key();
    try {
      txSecret.requireLive();
      rxSecret.requireLive();
      if (sending == null
          || opener.key() == null
          || keyUpdates != null
          || sending.version != TlsVersion.TLS_1_3) {
        throw new KtlsException(
            KtlsErrno.EINVAL,
            "traffic secrets are set once, when both keys are set and the version is TLS 1.3");
      }
    } catch (KtlsException e) {
      txSecret.close();
      rxSecret.close();
      throw e;
    }
    KeyUpdates updates =
        new KeyUpdates(engine, transport, tx, sending.cipherType, txSecret, rxSecret);
    keyUpdates = updates;
    tx.setKeyUpdates(updates);
    opener.setKeyUpdates(updates);
  }

  /// The version that the keys are for; null while the socket is plain in both directions.
  public @Nullable TlsVersion version() {
    TxState sending = tx.key();
    if (sending != null) {
      return sending.version;
    }
    RxState receiving = opener.key();
    return receiving == null ? null : receiving.version;
  }

  private @Nullable CipherType cipherType() {
    TxState sending = tx.key();
    if (sending != null) {
      return sending.cipherType;
    }
    RxState receiving = opener.key();
    return receiving == null ? null : receiving.cipherType;
  }

  // Options.

  /// Kernel: `TLS_TX_ZEROCOPY_RO`, a promise not to change a file while it is sent. Remembered and
  /// answered; this engine reads a file once and needs no promise.
  public void setTxZerocopyRo(boolean next) {
    txZerocopyRo = next;
  }

  /// What [#setTxZerocopyRo] said last.
  public boolean isTxZerocopyRo() {
    return txZerocopyRo;
  }

  /// Kernel: `TLS_RX_EXPECT_NO_PAD`. Padded records are received all the same, and counted:
  /// `TlsDecryptRetry`, `TlsRxNoPadViolation`.
  ///
  /// @throws KtlsException EINVAL unless a key to receive with is set, and for TLS 1.3
  public void setRxExpectNoPad(boolean next) {
    requireNoPadOption();
    opener.setExpectNoPad(next);
  }

  /// What [#setRxExpectNoPad] said last; throws as it does.
  public boolean isRxExpectNoPad() {
    requireNoPadOption();
    return opener.expectsNoPad();
  }

  private void requireNoPadOption() {
    RxState receiving = opener.key();
    if (receiving == null || receiving.version != TlsVersion.TLS_1_3) {
      throw new KtlsException(
          KtlsErrno.EINVAL, "only a socket that receives TLS 1.3 records can expect no padding");
    }
  }

  /// Kernel: `TLS_TX_MAX_PAYLOAD_LEN`, bytes of payload in one record at most. For a
  /// `record_size_limit` of RFC 8449: the limit itself in TLS 1.2, one less in TLS 1.3.
  ///
  /// @throws KtlsException EINVAL outside 64 to 16384, from 63 on in TLS 1.3; EBUSY while a record
  ///   is open
  public void setTxMaxPayloadLength(int length) {
    tx.sealer().setMaxPayloadLength(length, version());
  }

  /// What [#setTxMaxPayloadLength] said last, else 16384.
  public int txMaxPayloadLength() {
    return tx.sealer().maxPayloadLength();
  }

  /// Kernel: `SO_RCVLOWAT`. `dataReady` waits until so many bytes have arrived, records counted as
  /// they come, or an error or the end. What can be received can be received before that. 1 at
  /// first.
  ///
  /// @throws KtlsException EINVAL outside 1 to 65536
  public void setReceiveLowWaterMark(int bytes) {
    if (bytes < 1 || bytes > MAX_LOW_WATER_MARK) {
      throw new KtlsException(
          KtlsErrno.EINVAL, "found a low-water mark of " + bytes + ", expected 1 to 65536");
    }
    receiveLowWaterMark = bytes;
  }

  /// How records that are sent in TLS 1.3 are padded from now on; not at all at first.
  public void setTxPadding(RecordPadding padding) {
    tx.sealer().setPadding(Misuse.notNull(padding, "the padding"));
  }

  /// The error this socket is in, which is cleared (kernel: `SO_ERROR`); null when there is none.
  public @Nullable KtlsErrno takeError() {
    return error.take();
  }

  /// What `ss -i` would show.
  public SocketInfo info() {
    return new SocketInfo(
        version(),
        cipherType(),
        tx.key() == null ? SocketInfo.Conf.BASE : SocketInfo.Conf.SW,
        opener.key() == null ? SocketInfo.Conf.BASE : SocketInfo.Conf.SW,
        txZerocopyRo,
        opener.expectsNoPad());
  }

  // Sending.

  /// Sends application data, or plain bytes while no key is set. Takes ownership of `data`.
  ///
  /// The buffer may be overwritten: data that makes one record is sealed where it lies, without an
  /// allocation, when the caller's reference is the only one and the buffer has room in its own
  /// memory, 13 bytes before the reader index and 17 and the padding behind the writer index, but
  /// not more than 16 times the data. [#readBuffer] gives out such buffers. What is retained
  /// elsewhere, derived from another buffer or read-only is never written to.
  ///
  /// Always accepts: a consumer that keeps within [#isWritable()] keeps memory bounded. Data is
  /// dropped on a socket that is closed or in error and behind a [#shutdownOutput()]. When it
  /// cannot be sent because the key is spent, `recv` says so.
  public void send(ByteBuf data) {
    tx.send(ContentType.APPLICATION_DATA, Misuse.live(data, "the data"));
  }

  /// Sends records of another type; plain bytes while no key is set. Takes ownership of `content`,
  /// and may overwrite it as [#send] does.
  public void sendControl(int contentType, ByteBuf content) {
    Misuse.live(content, "the content");
    try {
      Misuse.contentType(contentType);
    } catch (KtlsException e) {
      content.release();
      throw e;
    }
    tx.send(contentType, content);
  }

  /// Sends application data, or plain bytes while no key is set (kernel: `sendmsg`). Accepts what
  /// the peer takes, in whole records, or until memory runs out.
  ///
  /// @param data its reader index advances by what was accepted; stays the caller's
  /// @param flags [SendFlag#MORE] keeps the last record open for the next call
  public Sent sendmsg(ByteBuf data, Set<SendFlag> flags) {
    return tx.sendmsg(Misuse.live(data, "the data"), Misuse.notNull(flags, "the flags"));
  }

  /// Sends records of a type (kernel: `sendmsg` with `TLS_SET_RECORD_TYPE`). Data that is held open
  /// goes before them in a record of its own.
  public Sent sendmsg(int contentType, ByteBuf data, Set<SendFlag> flags) {
    return tx.sendmsg(
        Misuse.contentType(contentType),
        Misuse.live(data, "the data"),
        Misuse.notNull(flags, "the flags"));
  }

  /// Sends a region of a file, in records of maximum size (kernel: `sendfile`). Accepts less when
  /// the file ends, or the peer takes no more. Reads the file on the event loop.
  ///
  /// @throws IOException when the file cannot be read; what was sent before stays sent
  public Sent sendFile(FileChannel file, long position, long count) throws IOException {
    return FileSender.send(
        Misuse.notNull(file, "the file"), position, count, tx, engine.allocator());
  }

  /// Sends an alert record, framed as plaintext while no key is set (RFC 9846 §6), and flushes. A
  /// fatal one clears the error of the socket, since that is what it tells.
  public void sendAlert(Alert alert) {
    if (Misuse.notNull(alert, "the alert").isFatal()) {
      error.take();
    }
    ByteBuf content = engine.allocator().directBuffer(RecordHeader.LENGTH + Alert.LENGTH);
    if (tx.key() == null) {
      RecordHeader.write(content, ContentType.ALERT, Alert.LENGTH);
    }
    alert.write(content);
    tx.send(ContentType.ALERT, content);
    flush();
  }

  /// Sends the end of this side's data (RFC 9846 §6.1), once, and flushes. Nothing while no key is
  /// set, and nothing when data sent before was dropped: the peer must not take what it has for
  /// all.
  public void sendCloseNotify() {
    if (tx.endsCleanly()) {
      sendAlert(Alert.CLOSE_NOTIFY);
    }
  }

  /// Hands what was sent to the network. A record that is held open stays open.
  public void flush() {
    transport.flush();
  }

  /// False while the peer takes less than is sent; `writeSpace` is called when that has changed.
  public boolean isWritable() {
    return transport.isWritable();
  }

  /// Bytes sent that the network has not taken yet.
  public long unsent() {
    return transport.unsent();
  }

  // Receiving.

  /// Takes the next thing that was received, in the order of the wire.
  ///
  /// A decryption failure stays: every later call answers EBADMSG. A framing error (EMSGSIZE,
  /// EBADMSG, EINVAL) is answered once and nothing is ever received again, as in the kernel. Data
  /// never comes empty.
  public Received recv() {
    return inputShutdown ? end() : rx.recv();
  }

  /// Receives bytes of one record type (kernel: `recvmsg`, non-blocking). Data crosses records; a
  /// record of another type comes alone, and needs room for its type.
  ///
  /// @param into filled from its writer index on; as a composite buffer it is what an iovec is
  /// @param withType whether the caller has room for the record type (kernel: a `cmsg` buffer)
  public ReceivedMessage recvmsg(ByteBuf into, boolean withType, Set<RecvFlag> flags) {
    Misuse.live(into, "the buffer");
    Misuse.notNull(flags, "the flags");
    if (inputShutdown) {
      return new ReceivedMessage.Message(0, ContentType.NONE, false);
    }
    return rx.recvmsg(into, withType, flags.contains(RecvFlag.PEEK));
  }

  /// Moves data of at most one record, and at most `length` bytes, to another socket, which sends
  /// it (kernel: `splice`). A record of another type stays where it is: EINVAL. Accepted with 0
  /// bytes is the end.
  public Sent transferTo(KtlsSocket to, int length) {
    Misuse.notNull(to, "the socket");
    if (length < 0) {
      return new Sent.Failed(KtlsErrno.EINVAL);
    }
    KtlsErrno refused = to.tx.check(ContentType.APPLICATION_DATA, 1, Set.of());
    if (refused != null) {
      return new Sent.Failed(refused);
    }
    return length == 0 || inputShutdown ? new Sent.Accepted(0) : rx.transferTo(to.tx, length);
  }

  /// What can be done now (kernel: `poll`).
  public Set<PollEvent> poll() {
    EnumSet<PollEvent> events = EnumSet.noneOf(PollEvent.class);
    if (rx.isReadable() || opener.isEnd()) {
      events.add(PollEvent.IN);
    }
    if (transport.isWritable()) {
      events.add(PollEvent.OUT);
    }
    if (error.peek() != null) {
      events.add(PollEvent.ERR);
    }
    if (isEndOfInput()) {
      events.add(PollEvent.RDHUP);
    }
    if (gone || (finReceived && tx.isEnded())) {
      events.add(PollEvent.HUP);
    }
    return events;
  }

  /// Whether the peer has changed its key and [#setRx] has not followed: receiving answers
  /// EKEYEXPIRED.
  public boolean isKeyUpdatePending() {
    return opener.isKeyUpdatePending();
  }

  private Received end() {
    return isEndOfInput() ? Received.Nothing.END_OF_STREAM : Received.Nothing.WOULD_BLOCK;
  }

  /// Whether nothing will arrive any more.
  boolean isEndOfInput() {
    return finReceived || gone;
  }

  /// Stops or resumes reading from the network: the consumer's backpressure.
  public void setReading(boolean reading) {
    readingWanted = reading;
    applyReading();
  }

  private void applyReading() {
    if (!closed) {
      transport.setReading(readingWanted && !readingPaused);
    }
  }

  /// Reads nothing for `nanos`, then runs `resume` and goes on.
  void pauseReading(long nanos, Runnable resume) {
    readingPaused = true;
    applyReading();
    transport.later(
        () -> {
          readingPaused = false;
          resume.run();
          applyReading();
          notifyIfReadable();
        },
        nanos);
  }

  /// Puts bytes back before everything that was received: those an agent read but did not consume.
  /// Takes ownership of `bytes`.
  public void pushBack(ByteBuf bytes) {
    Misuse.live(bytes, "the bytes");
    if (closed || inputShutdown) {
      bytes.release();
      return;
    }
    opener.pushBack(asDirect(bytes));
  }

  private ByteBuf asDirect(ByteBuf bytes) {
    if (bytes.isDirect() && bytes.nioBufferCount() == 1) {
      return bytes;
    }
    try {
      return engine
          .allocator()
          .directBuffer(Math.max(1, bytes.readableBytes()))
          .writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    } finally {
      bytes.release();
    }
  }

  /// Who is told of events from now on. Returns who was told before.
  public Callbacks setCallbacks(Callbacks next) {
    Callbacks before = callbacks;
    callbacks = Misuse.notNull(next, "the callbacks");
    return before;
  }

  // The end.

  /// Wants nothing more: what has arrived and what arrives is dropped unread, errors included. Only
  /// the end is still heard of: `recv` answers END_OF_STREAM once the peer has sent FIN.
  public void shutdownInput() {
    inputShutdown = true;
    rx.drop();
    setReading(true);
  }

  /// Sends FIN behind what was sent; receiving goes on. A record that is held open is dropped.
  public void shutdownOutput() {
    if (!closed) {
      tx.end();
      transport.shutdownOutput();
    }
  }

  /// Whether [#close()] was called or the connection is gone.
  public boolean isClosed() {
    return closed || gone;
  }

  /// Wipes the keys, drops what was not received and closes the connection after what was sent.
  ///
  /// Sends no close_notify: that is [#sendCloseNotify()]. Closing twice does nothing.
  @Override
  public void close() {
    if (!closed) {
      release();
      transport.close();
      callbacks.closed();
    }
  }

  /// Like [#close()], but the peer sees a reset instead of an end: what was sent may be incomplete.
  /// Also cuts short a close that is under way.
  public void reset() {
    boolean wasOpen = !closed;
    if (wasOpen) {
      release();
    }
    transport.reset();
    if (wasOpen) {
      callbacks.closed();
    }
  }

  /// Runs `then` once the connection is gone altogether, at once if it is. There is one such
  /// listener.
  public void whenGone(Runnable then) {
    Misuse.notNull(then, "the listener");
    if (gone) {
      then.run();
    } else {
      whenGone = then;
    }
  }

  private void release() {
    closed = true;
    finReceived = true;
    tx.close();
    rx.close();
    if (keyUpdates != null) {
      keyUpdates.close();
    }
  }

  // What the transport calls.

  /// A buffer of about `size` bytes to read into: all its writable bytes may be filled. The caller
  /// owns a reference and gives it back with [#received]. When records are received, a record that
  /// one read cuts is completed by the next in its own buffer, without a copy. While no key is set,
  /// there is room around what is read, in which [#send] of another socket makes a record of it.
  public ByteBuf readBuffer(int size) {
    if (size < 1) {
      throw new KtlsException(
          KtlsErrno.EINVAL, "found a read of " + size + " bytes, expected 1 or more");
    }
    return opener.readBuffer(size);
  }

  /// Bytes arrived. Takes ownership of `bytes`, which must be direct and may be the buffer that
  /// [#readBuffer] gave out.
  public void received(ByteBuf bytes) {
    if (!Misuse.live(bytes, "the bytes").isDirect() || bytes.nioBufferCount() != 1) {
      bytes.release();
      throw new KtlsException(
          KtlsErrno.EINVAL, "found a heap buffer, expected a direct one of one piece");
    }
    if (closed || inputShutdown) {
      bytes.release();
      return;
    }
    opener.received(bytes);
    notifyIfReadable();
  }

  /// The network has nothing more for now.
  public void receiveComplete() {
    opener.receiveComplete();
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
      error.set(KtlsErrno.ECONNRESET);
      tx.end();
      callbacks.dataReady();
    }
    whenGone.run();
  }

  /// The transport takes data again.
  public void writeSpaceAvailable() {
    if (closed) {
      return;
    }
    if (keyUpdates != null) {
      keyUpdates.sendIfDue();
    }
    callbacks.writeSpace();
  }

  private void notifyIfReadable() {
    // The order matters: looking at what arrived may find an error.
    if (!closed && (rx.isReadable(receiveLowWaterMark) || opener.isEnd() || error.peek() != null)) {
      callbacks.dataReady();
    }
  }

  /// Tells the consumer of an error once the call under way has returned.
  void notifyLater() {
    transport.later(this::notifyIfReadable, 0);
  }

  /// Before a consumer has come, events wait in the queue.
  private static final class NoCallbacks implements Callbacks {
    @Override
    public void dataReady() {}

    @Override
    public void writeSpace() {}
  }
}
