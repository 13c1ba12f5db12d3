package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.TlsStat.Counter;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The sending half of a socket (kernel: `tls_sw_context_tx`): its key, what may be sent with it,
/// and in what order.
///
/// Bytes go in, whole records, which [RecordSealer] makes, go to the transport. Plain while no key
/// is set. Owned by its [KtlsSocket].
final class TxContext implements AutoCloseable {
  /// Blocks that control records may make beyond the limit of a key, which leaves room for more.
  private static final int CONTROL_RESERVE = 1 << 14;

  /// Bounds a buffer, whatever a consumer sends at once.
  private static final int MAX_RECORDS_PER_BUFFER = 1024;

  private final RecordEngine engine;
  private final KtlsSocket socket;
  private final Transport transport;
  private final SocketError error;
  private final RecordSealer sealer;

  private @Nullable TxState key;
  private @Nullable KeyUpdates keyUpdates;

  /// What a key may make that cannot be replaced; the cipher of a socket does not change.
  private long maxBlocks;

  private boolean ended;
  private boolean closeNotifySent;

  /// Whether bytes that were accepted never went out. What follows them would look whole.
  private boolean lost;

  TxContext(RecordEngine engine, KtlsSocket socket, Transport transport, SocketError error) {
    this.engine = engine;
    this.socket = socket;
    this.transport = transport;
    this.error = error;
    sealer = new RecordSealer(engine.allocator());
  }

  @Nullable TxState key() {
    return key;
  }

  /// Makes `info` the key of what is sent from now on. An open record will be sealed with it.
  void setKey(CryptoInfo info) {
    TxState before = key;
    key = new TxState(info, engine.backend());
    if (before == null) {
      maxBlocks = engine.rekeyPolicy().maxBlocks(info.cipherType());
      engine.stat().increment(Counter.TlsTxSw);
      engine.stat().increment(Counter.TlsCurrTxSw);
    } else {
      before.close();
      engine.stat().increment(Counter.TlsTxRekeyOk);
    }
  }

  void setKeyUpdates(KeyUpdates next) {
    keyUpdates = next;
  }

  RecordSealer sealer() {
    return sealer;
  }

  /// Nothing is sent from now on; an open record is dropped, as the kernel does it.
  void end() {
    ended = true;
    sealer.dropOpen();
  }

  boolean isEnded() {
    return ended;
  }

  /// Takes all of `content`, whatever the peer takes. Takes ownership, and may make the record in
  /// its buffer. What is dropped here is lost without an answer, so only a fatal alert may follow
  /// it.
  void send(int contentType, ByteBuf content) {
    boolean taken = !content.isReadable();
    try {
      boolean mayFollow = !lost || isFatalAlert(contentType, content);
      taken |= !ended && mayFollow && takeAll(contentType, content);
    } finally {
      lost |= !taken;
      content.release();
    }
  }

  private static boolean isFatalAlert(int contentType, ByteBuf content) {
    return contentType == ContentType.ALERT
        && Alert.parse(content).filter(Alert::isFatal).isPresent();
  }

  private boolean takeAll(int contentType, ByteBuf content) {
    if (error.peek() != null) {
      return false;
    }
    if (key == null) {
      transport.write(content.retain());
      return true;
    }
    KtlsErrno refused = checkKey(key, contentType, content.readableBytes());
    if (refused != null) {
      error.set(refused);
      socket.notifyLater();
      return false;
    }
    if (sealer.fitsInPlace(key, content)) {
      sealInPlace(contentType, content);
    } else {
      take(key, contentType, content, false);
    }
    return true;
  }

  /// Makes one record of `content`, which is nobody else's, in its own buffer.
  private void sealInPlace(int contentType, ByteBuf content) {
    if (contentType == ContentType.APPLICATION_DATA) {
      replaceSpentKey();
    }
    ByteBuf record = sealer.sealInPlace(requireKey(), contentType, content);
    countData(contentType, 1);
    write(record.retain());
  }

  /// Sends the end of the data, once (RFC 9846 §6.1): not behind data that was lost, which would
  /// make a truncated stream look whole. False when there is none to send.
  boolean endsCleanly() {
    if (key == null || closeNotifySent || lost) {
      return false;
    }
    closeNotifySent = true;
    return true;
  }

  /// Whether KeyUpdates may go out: nothing may follow a close_notify.
  boolean takesKeyUpdates() {
    return !ended && !closeNotifySent && !lost && error.peek() == null;
  }

  /// Kernel: `sendmsg`. Advances the reader index of `data`, which stays the caller's.
  Sent sendmsg(ByteBuf data, Set<SendFlag> flags) {
    KtlsErrno refused = check(ContentType.APPLICATION_DATA, data.readableBytes(), flags);
    return refused == null
        ? accept(ContentType.APPLICATION_DATA, data, flags.contains(SendFlag.MORE))
        : new Sent.Failed(refused);
  }

  /// Kernel: `sendmsg` with `TLS_SET_RECORD_TYPE`: records of their own, whatever the type.
  Sent sendmsg(int contentType, ByteBuf data, Set<SendFlag> flags) {
    if (key != null && flags.contains(SendFlag.MORE)) {
      return new Sent.Failed(KtlsErrno.EINVAL);
    }
    KtlsErrno refused = check(contentType, data.readableBytes(), flags);
    if (refused != null) {
      return new Sent.Failed(refused);
    }
    try {
      pushOpen();
    } catch (OutOfMemoryError _) {
      return new Sent.Failed(KtlsErrno.ENOMEM);
    }
    return accept(contentType, data, false);
  }

  private Sent accept(int contentType, ByteBuf data, boolean more) {
    int first = data.readerIndex();
    try {
      if (key == null) {
        if (data.isReadable()) {
          transport.write(engine.allocator().directBuffer(data.readableBytes()).writeBytes(data));
        }
      } else {
        takeWhatFits(contentType, data, more);
      }
    } catch (OutOfMemoryError e) {
      return data.readerIndex() == first
          ? new Sent.Failed(KtlsErrno.ENOMEM)
          : new Sent.Accepted(data.readerIndex() - first);
    }
    return data.readerIndex() == first && data.isReadable()
        ? new Sent.Failed(KtlsErrno.EAGAIN)
        : new Sent.Accepted(data.readerIndex() - first);
  }

  /// Record by record, as long as the peer takes them. What is left over ends at a record's end, so
  /// that a later call goes on as if there had been one.
  private void takeWhatFits(int contentType, ByteBuf data, boolean more) {
    int end = data.writerIndex();
    try {
      while (data.readerIndex() < end && transport.isWritable()) {
        TxState current = requireKey();
        pushFull(current);
        boolean joins = contentType == ContentType.APPLICATION_DATA;
        int room = joins ? sealer.room(current) : sealer.maxPayloadLength();
        int length = Math.min(room, end - data.readerIndex());
        data.writerIndex(data.readerIndex() + length);
        take(current, contentType, data, more && data.writerIndex() == end);
      }
    } finally {
      data.writerIndex(end);
    }
  }

  /// What is wrong with a call that sends `length` bytes, in the kernel's order of checks; null
  /// when it is fine.
  @Nullable KtlsErrno check(int contentType, int length, Set<SendFlag> flags) {
    if (flags.contains(SendFlag.OOB)) {
      return KtlsErrno.EOPNOTSUPP;
    }
    if (key != null && flags.contains(SendFlag.MORE) && flags.contains(SendFlag.EOR)) {
      return KtlsErrno.EINVAL;
    }
    if (key != null && length == 0) {
      return null;
    }
    if (error.peek() != null) {
      // Plain TCP tells an error once.
      return key == null ? error.take() : error.peek();
    }
    if (ended || lost) {
      return KtlsErrno.EPIPE;
    }
    if (!transport.isWritable()) {
      return KtlsErrno.EAGAIN;
    }
    KtlsErrno refused = key == null ? null : checkKey(key, contentType, length);
    if (refused == KtlsErrno.EBADMSG) {
      error.set(refused);
    }
    return refused;
  }

  /// Whether `key` may make the records of `length` more bytes; null when it may. Data stops at the
  /// key's limit; what tells the peer of it, or replaces the key, still goes out.
  private @Nullable KtlsErrno checkKey(TxState key, int contentType, int length) {
    boolean data = contentType == ContentType.APPLICATION_DATA;
    int held = sealer.openLength(key);
    long more = data ? sealer.records(held + length) : sealer.records(length) + (held > 0 ? 1 : 0);
    if (!key.hasNumbers(more)) {
      return KtlsErrno.EBADMSG;
    }
    if (keyUpdates == null) {
      long blocks = key.blocks() + TxState.blocks(held + length, more);
      if (blocks - (data ? 0 : CONTROL_RESERVE) > maxBlocks) {
        engine.keyUpdateStat().increment(KeyUpdateStat.Counter.LIMIT_REACHED);
        return KtlsErrno.EKEYEXPIRED;
      }
    }
    return null;
  }

  /// Makes records of the readable bytes of `data`. Data joins an open record; other types push it
  /// out first. Without `more` the last record is closed too. No bytes make no record.
  private void take(TxState current, int contentType, ByteBuf data, boolean more) {
    if (!data.isReadable()) {
      return;
    }
    if (contentType != ContentType.APPLICATION_DATA) {
      pushOpen();
      seal(contentType, data);
      return;
    }
    if (sealer.hasOpen() || more) {
      append(current, data, more);
    } else {
      seal(contentType, data);
    }
  }

  private void append(TxState current, ByteBuf data, boolean more) {
    while (data.isReadable()) {
      pushFull(current);
      sealer.append(current, data);
      pushFull(current);
    }
    if (!more) {
      pushOpen();
    }
  }

  /// A full record goes out at once; one that memory ran out for goes out here later.
  private void pushFull(TxState current) {
    if (sealer.room(current) == 0) {
      pushOpen();
    }
  }

  /// Closes the open record, if there is one, and sends it.
  void pushOpen() {
    if (sealer.hasOpen()) {
      replaceSpentKey();
      ByteBuf record = sealer.sealOpen(requireKey());
      countData(ContentType.APPLICATION_DATA, 1);
      write(record);
    }
  }

  /// Makes records of all readable bytes of `data` and advances its reader index: as many in one
  /// buffer as the key may still make.
  private void seal(int contentType, ByteBuf data) {
    while (data.isReadable()) {
      if (contentType == ContentType.APPLICATION_DATA) {
        replaceSpentKey();
      }
      TxState current = requireKey();
      long mayMake =
          keyUpdates == null
              ? MAX_RECORDS_PER_BUFFER
              : Math.min(MAX_RECORDS_PER_BUFFER, keyUpdates.recordsLeft(current));
      int length = (int) Math.min(data.readableBytes(), mayMake * sealer.maxPayloadLength());
      ByteBuf records = sealer.seal(current, contentType, data, length);
      countData(contentType, sealer.records(length));
      data.skipBytes(length);
      write(records);
    }
  }

  private void countData(int contentType, int records) {
    if (keyUpdates != null && contentType == ContentType.APPLICATION_DATA) {
      keyUpdates.dataExchanged(records);
    }
  }

  /// A share of the key's records is used up, or the peer asked: the next record of data has a new
  /// key (RFC 9846 §4.7.3).
  private void replaceSpentKey() {
    if (keyUpdates != null) {
      keyUpdates.beforeData(requireKey());
    }
  }

  /// Makes `info` the key and a KeyUpdate under the key before, which is to be sent next. Either
  /// both happen or neither, when memory runs out. For [KeyUpdates].
  ByteBuf replaceKey(int request, CryptoInfo info) {
    TxState current = requireKey();
    TxState next = new TxState(info, engine.backend());
    try {
      ByteBuf record = sealKeyUpdate(current, request);
      key = next;
      current.close();
      engine.stat().increment(Counter.TlsTxRekeyOk);
      return record;
    } catch (RuntimeException | OutOfMemoryError e) {
      next.close();
      throw e;
    }
  }

  private ByteBuf sealKeyUpdate(TxState current, int request) {
    ByteBuf message = engine.allocator().directBuffer(KeyUpdateScanner.MESSAGE_LENGTH);
    try {
      message.writeByte(KeyUpdateScanner.KEY_UPDATE).writeMedium(1).writeByte(request);
      return sealer.seal(current, ContentType.HANDSHAKE, message, message.readableBytes());
    } finally {
      message.release();
    }
  }

  /// Gives records to the network. They have their sequence numbers: when it does not take them,
  /// nothing may follow.
  void write(ByteBuf records) {
    boolean written = false;
    try {
      transport.write(records);
      written = true;
    } finally {
      lost |= !written;
    }
  }

  /// Sends data that another socket received, as much as fits (kernel: `splice`). Advances the
  /// reader index of `data`, which stays the caller's; the bytes may be sent as they lie.
  Sent transfer(ByteBuf data) {
    if (key != null) {
      return accept(ContentType.APPLICATION_DATA, data, false);
    }
    int length = data.readableBytes();
    transport.write(data.readRetainedSlice(length));
    return new Sent.Accepted(length);
  }

  private TxState requireKey() {
    if (key == null) {
      throw new IllegalStateException("no key is set");
    }
    return key;
  }

  /// Wipes the key and drops an open record.
  @Override
  public void close() {
    end();
    if (key != null) {
      key.close();
      key = null;
      engine.stat().decrement(Counter.TlsCurrTxSw);
    }
  }
}
