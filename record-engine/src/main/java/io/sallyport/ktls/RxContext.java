package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// The receiving half of a socket (kernel: `tls_sw_context_rx`): what calls that receive make of
/// the records that [RecordOpener] opens, and the records that they did not take whole.
///
/// Plain while no key is set. Records are opened one at a time, when somebody asks for what they
/// hold. Owned by its [KtlsSocket].
final class RxContext implements AutoCloseable {
  private static final Received.Failed NO_ROOM_FOR_TYPE = new Received.Failed(KtlsErrno.EIO);
  private static final Received.Failed UNWRITABLE = new Received.Failed(KtlsErrno.EFAULT);
  private static final Received.Failed NO_MEMORY = new Received.Failed(KtlsErrno.ENOMEM);

  /// A record that was opened by a call that did not take it all; its bytes are the readable ones.
  private record Parked(int contentType, ByteBuf content) {
    boolean isEmptyData() {
      return contentType == ContentType.APPLICATION_DATA && !content.isReadable();
    }
  }

  private final RecordOpener opener;
  private final Received.ApplicationData applicationData = new Received.ApplicationData();

  /// Kernel: `rx_list`. Few sockets ever need one.
  private @Nullable ArrayDeque<Parked> parked;

  RxContext(RecordOpener opener) {
    this.opener = opener;
  }

  /// Whether a call would find something now (kernel: `tls_sw_sock_is_readable`). Looks at the
  /// framing of what has arrived, which may set the socket's error.
  boolean isReadable() {
    boolean arrived = opener.isReadable();
    return !opener.isKeyUpdatePending() && (hasParked() || arrived);
  }

  /// Whether that is so and `lowWaterMark` bytes have arrived, records counted as they came.
  boolean isReadable(int lowWaterMark) {
    if (!isReadable()) {
      return false;
    }
    int arrived = opener.arrived();
    if (parked != null) {
      for (Parked record : parked) {
        arrived += record.content.readableBytes();
      }
    }
    return arrived >= lowWaterMark || opener.isBroken();
  }

  /// The next thing whole; the caller owns its content.
  Received recv() {
    Parked first = pollParked();
    if (first != null) {
      return received(first.contentType, first.content);
    }
    if (opener.key() == null) {
      ByteBuf bytes = opener.takePlainBytes();
      return bytes == null ? answer(opener.nothing()) : applicationData.fill(bytes);
    }
    Received.Failed failed = opener.openUnlessEmpty(Integer.MAX_VALUE);
    return failed == null ? received(opener.contentType(), opener.take()) : answer(failed);
  }

  private Received received(int type, ByteBuf content) {
    return type == ContentType.APPLICATION_DATA
        ? applicationData.fill(content)
        : new Received.Control(type, content);
  }

  private Received answer(Received.Failed failed) {
    opener.told(failed);
    if (failed.errno() != KtlsErrno.EAGAIN) {
      return failed;
    }
    return opener.isEnd() ? Received.Nothing.END_OF_STREAM : Received.Nothing.WOULD_BLOCK;
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
      failed = opener.key() == null && !hasParked() ? readPlain(reader) : readRecords(reader);
    } catch (OutOfMemoryError _) {
      failed = NO_MEMORY;
    }
    if (reader.length() > 0 || failed == null) {
      return reader.message();
    }
    opener.told(failed);
    return failed.errno() == KtlsErrno.EAGAIN && opener.isEnd()
        ? reader.message()
        : new ReceivedMessage.Failed(failed.errno());
  }

  private Received.@Nullable Failed readPlain(MessageReader reader) {
    ByteBuf front = opener.plainBytes();
    if (front == null) {
      return opener.nothing();
    }
    if (!reader.takesMore()) {
      return null;
    }
    boolean read = reader.readPlain(front);
    opener.plainBytesRead();
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
      Received.Failed failed = opener.open(reader.zeroCopyRoom());
      if (failed != null) {
        return failed;
      }
      // Parked before it is read: whatever the caller's buffer does, it is not lost.
      Parked record = new Parked(opener.contentType(), opener.take());
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
    if (record == null && opener.key() == null) {
      return transferPlain(to, length);
    }
    if (record == null) {
      Received.Failed failed = opener.openUnlessEmpty(0);
      if (failed != null) {
        return nothingToTransfer(failed);
      }
      try {
        record = new Parked(opener.contentType(), opener.take());
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
    ByteBuf bytes = opener.takePlainBytes();
    if (bytes == null) {
      return nothingToTransfer(opener.nothing());
    }
    Sent sent = transfer(bytes, to, length);
    if (bytes.isReadable()) {
      opener.pushBack(bytes);
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
    opener.told(failed);
    return failed.errno() == KtlsErrno.EAGAIN && opener.isEnd()
        ? new Sent.Accepted(0)
        : new Sent.Failed(failed.errno());
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
    opener.drop();
    if (parked != null) {
      parked.forEach(record -> record.content.release());
      parked = null;
    }
  }

  /// Drops what was not taken and wipes the key.
  @Override
  public void close() {
    drop();
    opener.close();
  }
}
