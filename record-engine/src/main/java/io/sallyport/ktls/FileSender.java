package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Set;

/// Sends a region of a file as records of maximum size (kernel: `sendfile`). The file is read into
/// direct memory, a few records at a time, and never onto the heap.
final class FileSender {
  private static final int RECORDS_PER_READ = 8;

  private static final Set<SendFlag> LAST = Set.of();
  private static final Set<SendFlag> MORE = Set.of(SendFlag.MORE);

  private FileSender() {}

  /// Sends until the region or the file ends or `tx` takes no more.
  static Sent send(
      FileChannel file, long position, long count, TxContext tx, ByteBufAllocator allocator)
      throws IOException {
    if (position < 0 || count < 0) {
      return new Sent.Failed(KtlsErrno.EINVAL);
    }
    boolean joins = tx.sealer().hasOpen();
    Sent sent = sendRegion(file, position, count, tx, allocator);
    if (joins && sent instanceof Sent.Accepted(long length) && length > 0) {
      try {
        // While it was sent nobody knew which read would be the last.
        tx.pushOpen();
      } catch (OutOfMemoryError _) {
        // Accepted is accepted: it goes out with whatever is sent next.
        return sent;
      }
    }
    return sent;
  }

  private static Sent sendRegion(
      FileChannel file, long position, long count, TxContext tx, ByteBufAllocator allocator)
      throws IOException {
    long sent = 0;
    while (sent < count) {
      KtlsErrno refused = tx.check(ContentType.APPLICATION_DATA, 1, LAST);
      if (refused != null) {
        return answer(sent, refused);
      }
      int length =
          (int) Math.min(count - sent, (long) RECORDS_PER_READ * tx.sealer().maxPayloadLength());
      ByteBuf chunk;
      try {
        chunk = allocator.directBuffer(length);
      } catch (OutOfMemoryError _) {
        return answer(sent, KtlsErrno.ENOMEM);
      }
      try {
        int read = fill(chunk, file, position + sent, length);
        switch (tx.sendmsg(chunk, tx.sealer().hasOpen() ? MORE : LAST)) {
          case Sent.Accepted(long accepted) -> sent += accepted;
          case Sent.Failed(KtlsErrno errno) -> {
            return answer(sent, errno);
          }
        }
        if (read < length) {
          break;
        }
      } finally {
        chunk.release();
      }
    }
    return new Sent.Accepted(sent);
  }

  private static Sent answer(long sent, KtlsErrno refused) {
    return sent > 0 ? new Sent.Accepted(sent) : new Sent.Failed(refused);
  }

  private static int fill(ByteBuf chunk, FileChannel file, long position, int length)
      throws IOException {
    int filled = 0;
    while (filled < length) {
      int read = chunk.writeBytes(file, position + filled, length - filled);
      if (read < 0) {
        break;
      }
      filled += read;
    }
    return filled;
  }
}
