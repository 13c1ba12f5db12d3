package io.sallyport.audit;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Appends lines to the last file of a log, and begins the next file when that one is full.
///
/// A line stays in memory until it is known to outlive a power loss. Whatever fails before, after
/// [#reopen()] the same bytes are written to the same place again, so a failure leaves nothing
/// half-written and nothing out. After a failed fsync the kernel may drop pages that it never
/// wrote, and say nothing the next time; that is why trying the fsync again would not do.
///
/// Owned by the thread that writes.
final class ChainedFiles implements Closeable {
  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());

  /// Bytes that may wait for an fsync before one is done out of its turn.
  private static final int UNSYNCED_MAX = 256 * 1024;

  private final AuditFolder folder;
  private final InstantSource clock;
  private final String member;
  private final String log;
  private final long fileBytes;

  /// Lines behind `length`; the first `written` bytes of them are in the file.
  private final ByteBuffer unsynced = ByteBuffer.allocateDirect(UNSYNCED_MAX);

  private int written;

  /// The file, and how many bytes of it outlive a power loss.
  private int number;

  private long length;
  private @Nullable FileChannel channel;

  /// Whether the file may hold bytes behind those that were written.
  private boolean untrimmed;

  /// Of the next line.
  private long sequence;

  private String chain;

  /// @param folder locked; closed with this
  /// @param start where to go on
  ChainedFiles(
      AuditFolder folder, String member, InstantSource clock, long fileBytes, AuditStart start) {
    this.folder = folder;
    this.clock = clock;
    this.member = member;
    this.fileBytes = fileBytes;
    log = start.log();
    number = start.number();
    length = start.length();
    sequence = start.sequence();
    chain = start.chain();
    if (length == 0) {
      put(header());
    }
  }

  /// Makes a line of an entry. When it throws, there is no line.
  void append(AuditEntry entry) throws IOException {
    if (length + unsynced.position() >= fileBytes) {
      rotate();
    }
    if (unsynced.remaining() < ChainedLine.LENGTH_MAX) {
      sync();
    }
    put(entry);
  }

  /// Goes on in the next file.
  void rotate() throws IOException {
    sync();
    begin();
  }

  private void begin() throws IOException {
    int next = number + 1;
    if (folder.length(next) > 0) {
      throw new FileAlreadyExistsException(
          folder.file(next).toString(), null, "it is there already, and not by this log");
    }
    closeFile();
    number = next;
    length = 0;
    unsynced.clear();
    put(header());
  }

  private FileHeader header() {
    return new FileHeader(clock.instant(), member, log, number, chain);
  }

  private void put(AuditEntry entry) {
    ChainedLine line = ChainedLine.of(sequence, entry, chain);
    unsynced.put(line.bytes());
    sequence++;
    chain = line.chain();
  }

  /// Brings every line into the file; a crash of this process does not take it back.
  void write() throws IOException {
    FileChannel out = channel();
    while (written < unsynced.position()) {
      ByteBuffer rest = unsynced.duplicate().flip().position(written);
      written += out.write(rest, length + written);
    }
    if (untrimmed) {
      // Not before, so that a power loss in between never takes a line away without a trace.
      out.truncate(length + written);
      untrimmed = false;
    }
  }

  private FileChannel channel() throws IOException {
    if (channel == null) {
      channel = length == 0 ? folder.create(number) : folder.open(number);
      written = 0;
      untrimmed = true;
    }
    return channel;
  }

  /// Whether a power loss can take lines back.
  boolean isUnsynced() {
    return unsynced.position() > 0;
  }

  /// Brings every line onto the disk.
  void sync() throws IOException {
    if (!isUnsynced()) {
      return;
    }
    write();
    channel().force(false);
    long expected = length + unsynced.position();
    long found = folder.length(number);
    if (found != expected) {
      leave(found, expected);
      sync();
      return;
    }
    length = expected;
    unsynced.clear();
    written = 0;
  }

  /// Somebody took the file away or wrote to it. The log goes on in another, and says so.
  private void leave(long found, long expected) throws IOException {
    String file = AuditFolder.name(number);
    begin();
    LOG.log(
        Level.ERROR,
        "audit log: found {0} bytes in {1}, expected {2}; something else writes to it or took it"
            + " away, and what was in it cannot be trusted; the log goes on in {3}",
        Long.toString(found),
        file,
        Long.toString(expected),
        AuditFolder.name(number));
    put(new AuditEntry.Damage(clock.instant(), file, found + " bytes", expected + " bytes"));
  }

  /// After a failure: has everything written anew that is not known to be on the disk.
  void reopen() {
    closeFile();
  }

  private void closeFile() {
    FileChannel closing = channel;
    channel = null;
    written = 0;
    if (closing != null) {
      try {
        closing.close();
      } catch (IOException _) {
        // Every byte of it that counts was synced, or is written again.
      }
    }
  }

  /// The file that is written to.
  Path file() {
    return folder.file(number);
  }

  /// The next line's number.
  long sequence() {
    return sequence;
  }

  /// The last line's value.
  String chain() {
    return chain;
  }

  /// Closes the file and gives the lock back. Writes nothing.
  @Override
  public void close() throws IOException {
    closeFile();
    folder.close();
  }
}
