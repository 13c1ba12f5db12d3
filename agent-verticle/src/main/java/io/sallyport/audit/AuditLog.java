package io.sallyport.audit;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/// An append-only log of key uses, in files of one folder.
///
/// [#append] never waits for the disk: it puts the use into a bounded queue, from which one thread
/// writes. What was [AuditAnswer#QUEUED] survives a crash of the process as soon as that thread has
/// written it, which it does at once, and a power loss [AuditOptions#sync] later. What was not
/// queued is denied, and its result must not be used.
///
/// Any thread. [#close()] writes everything that was queued.
public final class AuditLog implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

  private final AuditQueue queue;
  private final Thread thread;

  private AuditLog(AuditQueue queue, AuditWriter writer) {
    this.queue = queue;
    thread = Thread.ofPlatform().daemon().name("sallyport-audit").start(writer);
  }

  /// Opens the log in `folder`, which is made if need be, or begins one, and writes that it was
  /// opened.
  ///
  /// The last file is read and its chain is followed. An unfinished last line, as a power loss
  /// leaves it, is cut off, and the log says so. A file whose chain is broken is never written to:
  /// it is moved aside, and a new log begins, which says so. Each is also logged.
  ///
  /// @param member this member's name: printable ASCII, no quotes, no blanks
  /// @throws IOException one line, when the folder cannot be written, or is another process's
  public static AuditLog open(Path folder, String member, AuditOptions options) throws IOException {
    return open(folder, member, options, InstantSource.system());
  }

  static AuditLog open(Path folder, String member, AuditOptions options, InstantSource clock)
      throws IOException {
    AuditFolder files = new AuditFolder(folder);
    try {
      files.lock();
      ChainedFiles lines = begin(files, member, options, clock);
      AuditQueue queue = new AuditQueue(options.queueMax());
      return new AuditLog(queue, new AuditWriter(queue, lines, options, clock));
    } catch (IOException e) {
      files.close();
      throw new IOException(
          "audit log: cannot write "
              + (e instanceof FileSystemException of ? of.getFile() : folder)
              + " ("
              + reason(e)
              + "); make data-dir a folder that can be written, and no other member's",
          e);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private static ChainedFiles begin(
      AuditFolder folder, String member, AuditOptions options, InstantSource clock)
      throws IOException {
    AuditStart start = AuditStart.of(folder, member, clock);
    ChainedFiles files = new ChainedFiles(folder, member, clock, options.fileBytes(), start);
    if (start.otherMember()) {
      files.rotate();
    }
    for (AuditEntry finding : start.findings()) {
      files.append(finding);
    }
    files.append(new AuditEntry.Start(clock.instant()));
    files.sync();
    LOG.log(
        Level.INFO,
        "audit log: {0}, record {1}, chain {2}",
        files.file(),
        Long.toString(files.sequence() - 1),
        files.chain());
    return files;
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException exists when exists.getReason() == null ->
          "it is a file, not a folder";
      case FileSystemException of when of.getReason() != null -> of.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  /// Has a use written, or denies it; at once in either case.
  public AuditAnswer append(KeyUse use) {
    return queue.offer(use);
  }

  /// What was counted so far.
  public AuditStat stat() {
    return queue.stat();
  }

  /// Denies what comes from now on, and waits until all that was queued is written and on the disk,
  /// for at most 10 seconds. Closing twice does nothing.
  @Override
  public void close() {
    queue.close();
    try {
      if (!thread.join(CLOSE_MAX)) {
        LOG.log(Level.ERROR, "audit log: the disk takes too long, its last uses may be lost");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
