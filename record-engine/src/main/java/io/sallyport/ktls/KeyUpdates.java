package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.KeyUpdateStat.Counter;
import org.jspecify.annotations.Nullable;

/// Key updates of one socket that holds its traffic secrets (RFC 9846 §4.7.3): sent before a key
/// has made too many records (§5.5), answered when the peer asks, followed when the peer changes
/// its own.
///
/// With this the consumer of a socket sees nothing of key updates: the kernel's EKEYEXPIRED and the
/// second `setRx` happen in here. At most one `update_requested` is outstanding, and at most one
/// answer is due however often the peer asks, so that a peer that asks and never reads costs
/// nothing. Owned by its socket.
final class KeyUpdates implements AutoCloseable {
  private static final int UPDATE_NOT_REQUESTED = 0;
  private static final int UPDATE_REQUESTED = 1;

  /// RFC 9846 §4.7.3: so many updates of one sender, and no more.
  private static final long MAX_UPDATES = (1L << 48) - 1;

  /// Records that can be on their way to a peer and back as one KeyUpdate each.
  private static final long MAX_ALLOWED = 1 << 14;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final RecordEngine engine;
  private final Transport transport;
  private final TxContext tx;
  private final CipherType cipherType;
  private final long rekeyAfterRecords;
  private TrafficSecret txSecret;
  private TrafficSecret rxSecret;
  private final KeyUpdateScanner scanner = new KeyUpdateScanner();

  private long sent;
  private boolean requestOutstanding;
  private boolean requestDue;
  private boolean answerDue;
  private boolean closed;

  /// KeyUpdates that may still come before more data.
  private long allowed;

  /// When the updates taken so far are paid for, at the rate allowed (a leaky bucket).
  private long paidUntilNanos;

  KeyUpdates(
      RecordEngine engine,
      Transport transport,
      TxContext tx,
      CipherType cipherType,
      TrafficSecret txSecret,
      TrafficSecret rxSecret) {
    this.engine = engine;
    this.transport = transport;
    this.tx = tx;
    this.cipherType = cipherType;
    rekeyAfterRecords = engine.rekeyPolicy().rekeyAfterRecords(cipherType);
    this.txSecret = txSecret;
    this.rxSecret = rxSecret;
    paidUntilNanos = engine.nanoTime();
    allowed = engine.rekeyPolicy().updatesWithoutData();
  }

  // Sending.

  /// Records that `key` may still make before it is replaced, at least one.
  long recordsLeft(TxState key) {
    return Math.max(1, rekeyAfterRecords - key.records());
  }

  /// Called before each record of data: an answer goes before the next data, and a key that has
  /// made its share of records is replaced.
  void beforeData(TxState key) {
    if (answerDue || requestDue) {
      sendDue();
    } else if (key.records() >= rekeyAfterRecords) {
      send(UPDATE_NOT_REQUESTED);
      engine.keyUpdateStat().increment(Counter.LIMIT_REKEYS);
    }
  }

  /// One message serves as answer and as request. What was due stays so when memory runs out.
  private void sendDue() {
    boolean answer = answerDue;
    boolean request = requestDue;
    send(request ? UPDATE_REQUESTED : UPDATE_NOT_REQUESTED);
    answerDue = false;
    requestDue = false;
    requestOutstanding |= request;
    if (answer) {
      engine.keyUpdateStat().increment(Counter.ANSWERS);
    }
    if (request) {
      engine.keyUpdateStat().increment(Counter.REQUESTS);
    }
  }

  private void send(int request) {
    if (sent == MAX_UPDATES) {
      throw new IllegalStateException("2^48-1 key updates were sent: the connection must end");
    }
    TrafficSecret next = txSecret.next();
    ByteBuf record;
    try (CryptoInfo info = next.cryptoInfo(cipherType)) {
      record = tx.replaceKey(request, info);
    } catch (RuntimeException | OutOfMemoryError e) {
      next.close();
      throw e;
    }
    // Key and secret have moved on together: from here no key can come twice.
    txSecret.close();
    txSecret = next;
    sent++;
    engine.keyUpdateStat().increment(Counter.SENT);
    tx.write(record);
  }

  /// Sends what is due once the code that received is through, so that many requests in one read
  /// are answered once.
  private void sendSoon() {
    transport.later(this::sendIfDue, 0);
  }

  /// Sends what is due, unless the peer takes nothing now: then its requests cost no memory, and
  /// are answered when it does.
  void sendIfDue() {
    if (!closed && (answerDue || requestDue) && transport.isWritable() && tx.takesKeyUpdates()) {
      sendDue();
      transport.flush();
    }
  }

  /// Records of data went either way: a run of KeyUpdates begins anew. A peer that is past its
  /// limit (JDK-8329548) may make one for each record it is sent, and they come in a row.
  void dataExchanged(long records) {
    long begun = Math.max(allowed, engine.rekeyPolicy().updatesWithoutData());
    allowed = Math.min(begun + records, MAX_ALLOWED);
  }

  // Receiving.

  /// `key` has opened one more record: asks the peer for a new one when those are many.
  void recordOpened(RxState key) {
    if (key.records() >= rekeyAfterRecords && !requestOutstanding && !requestDue) {
      requestDue = true;
      sendSoon();
    }
  }

  /// A record that is no handshake record arrived; null when it may: RFC 9846 §5.1 forbids one in
  /// the middle of a handshake message.
  Received.@Nullable Failed otherReceived(boolean data) {
    if (data) {
      dataExchanged(1);
    }
    return scanner.isMidMessage() ? invalid(Alert.UNEXPECTED_MESSAGE) : null;
  }

  /// Reads the content of a handshake record and changes the receiving key of `rx` behind a
  /// KeyUpdate. What the consumer gets of the record is its first [#otherLength()] bytes. Null when
  /// all is well.
  Received.@Nullable Failed handshakeReceived(
      ByteBuf buffer, int index, int length, RecordOpener rx) {
    if (length == 0) {
      // RFC 9846 §5.1.
      return invalid(Alert.UNEXPECTED_MESSAGE);
    }
    return switch (scanner.scan(buffer, index, length)) {
      case NONE -> null;
      case KEY_UPDATE -> follow(rx);
      case NOT_LAST -> invalid(Alert.UNEXPECTED_MESSAGE);
      case MALFORMED -> invalid(Alert.DECODE_ERROR);
    };
  }

  /// Leading bytes of the last handshake record that are no KeyUpdate's.
  int otherLength() {
    return scanner.otherLength();
  }

  private Received.@Nullable Failed follow(RecordOpener rx) {
    if (scanner.request() > UPDATE_REQUESTED) {
      return invalid(Alert.ILLEGAL_PARAMETER);
    }
    if (allowed-- == 0) {
      engine.keyUpdateStat().increment(Counter.RUN_LIMITED);
      return new Received.Failed(KtlsErrno.EPROTO);
    }
    TrafficSecret next = rxSecret.next();
    try (CryptoInfo info = next.cryptoInfo(cipherType)) {
      rx.setKey(info);
    } catch (RuntimeException | OutOfMemoryError e) {
      next.close();
      throw e;
    }
    rxSecret.close();
    rxSecret = next;
    engine.keyUpdateStat().increment(Counter.TAKEN);
    engine.stat().increment(TlsStat.Counter.TlsRxRekeyReceived);
    requestOutstanding = false;
    requestDue = false;
    if (scanner.request() == UPDATE_REQUESTED && !answerDue) {
      answerDue = true;
      sendSoon();
    }
    pace(rx);
    return null;
  }

  /// Each update costs its share of a second; whoever is more than the burst ahead waits.
  private void pace(RecordOpener rx) {
    long cost = NANOS_PER_SECOND / engine.rekeyPolicy().updatesPerSecond();
    long now = engine.nanoTime();
    paidUntilNanos = (paidUntilNanos - now > 0 ? paidUntilNanos : now) + cost;
    long ahead = paidUntilNanos - now - cost * engine.rekeyPolicy().updateBurst();
    if (ahead > 0) {
      engine.keyUpdateStat().increment(Counter.RATE_LIMITED);
      rx.pauseFor(ahead);
    }
  }

  private Received.Failed invalid(int alert) {
    engine.keyUpdateStat().increment(Counter.INVALID);
    return new Received.Failed(KtlsErrno.EPROTO, alert);
  }

  @Override
  public void close() {
    closed = true;
    txSecret.close();
    rxSecret.close();
  }
}
