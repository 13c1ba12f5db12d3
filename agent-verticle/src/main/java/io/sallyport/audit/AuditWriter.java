package io.sallyport.audit;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Queue;

/// The thread that writes: takes what waits, a batch at a time, and keeps to the times of
/// [AuditOptions].
///
/// While the disk fails it has the queue deny everything, keeps what was taken before, and tries
/// again.
final class AuditWriter implements Runnable {
  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());

  private final AuditQueue queue;
  private final ChainedFiles files;
  private final AuditOptions options;
  private final InstantSource clock;

  /// Taken, and not yet a line.
  private final Queue<AuditEntry> batch = new ArrayDeque<>();

  private boolean failing;
  private long syncDueNanos;

  AuditWriter(AuditQueue queue, ChainedFiles files, AuditOptions options, InstantSource clock) {
    this.queue = queue;
    this.files = files;
    this.options = options;
    this.clock = clock;
  }

  @Override
  public void run() {
    try {
      boolean open = true;
      while (open) {
        open = queue.drain(batch, waitNanos());
        advance();
      }
      finish();
    } catch (InterruptedException _) {
      LOG.log(Level.ERROR, "audit log: its thread was interrupted; private keys are not used now");
    } finally {
      // Also after a defect: what nobody would write must not be taken.
      queue.close();
    }
  }

  private long waitNanos() {
    if (failing) {
      return options.retry().toNanos();
    }
    return files.isUnsynced()
        ? Math.max(0, syncDueNanos - System.nanoTime())
        : Duration.ofDays(1).toNanos();
  }

  private void advance() {
    try {
      if (failing) {
        files.reopen();
        append();
        files.sync();
        recovered();
      }
      queue.takeDenied(clock).ifPresent(batch::add);
      boolean wasSynced = !files.isUnsynced();
      append();
      if (wasSynced) {
        syncDueNanos = System.nanoTime() + options.sync().toNanos();
      } else if (syncDueNanos - System.nanoTime() <= 0) {
        files.sync();
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private void append() throws IOException {
    for (AuditEntry entry = batch.peek(); entry != null; entry = batch.peek()) {
      files.append(entry);
      batch.remove();
    }
    if (files.isUnsynced()) {
      files.write();
    }
  }

  private void recovered() {
    failing = false;
    queue.fail(false);
    LOG.log(Level.INFO, "audit log: it can be written again, private keys are used again");
  }

  private void fail(IOException e) {
    if (!failing) {
      failing = true;
      queue.fail(true);
      LOG.log(
          Level.ERROR,
          "audit log: cannot write {0} ({1}); no private key is used until it can be: free space,"
              + " or make the folder writable",
          files.file(),
          reason(e));
    }
  }

  private static String reason(IOException e) {
    return e instanceof NoSuchFileException ? "no such file or folder" : "" + e.getMessage();
  }

  /// The queue is closed and empty.
  private void finish() {
    try {
      if (!failing) {
        files.append(new AuditEntry.Stop(clock.instant()));
        files.sync();
      }
    } catch (IOException e) {
      fail(e);
    }
    if (failing) {
      LOG.log(Level.ERROR, "audit log: closed while it cannot be written; its last uses are lost");
    } else {
      LOG.log(
          Level.INFO,
          "audit log: closed with record {0}, chain {1}",
          Long.toString(files.sequence() - 1),
          files.chain());
    }
    try {
      files.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "audit log: cannot close it ({0})", reason(e));
    }
  }
}
