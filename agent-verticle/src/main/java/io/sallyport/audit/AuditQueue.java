package io.sallyport.audit;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The uses that wait for the thread that writes, and whether more are taken.
///
/// Its lock is held for a few field accesses and never while anything is written, so nobody who
/// offers waits for the disk.
final class AuditQueue {
  private enum State {
    OPEN,
    FAILING,
    CLOSED
  }

  private final int max;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All guarded by the lock.
  private ArrayDeque<AuditEntry> waiting = new ArrayDeque<>();
  private State state = State.OPEN;
  private long queued;
  private long deniedFull;
  private long deniedFailing;
  private long notedFull;
  private long notedFailing;

  AuditQueue(int max) {
    this.max = max;
  }

  /// Takes a use or denies it, at once. Any thread.
  AuditAnswer offer(KeyUse use) {
    lock.lock();
    try {
      return switch (state) {
        case OPEN -> take(use);
        case FAILING -> {
          deniedFailing++;
          yield AuditAnswer.FAILING;
        }
        case CLOSED -> AuditAnswer.CLOSED;
      };
    } finally {
      lock.unlock();
    }
  }

  private AuditAnswer take(KeyUse use) {
    if (waiting.size() >= max) {
      deniedFull++;
      return AuditAnswer.FULL;
    }
    waiting.add(use);
    queued++;
    if (waiting.size() == 1) {
      changed.signal();
    }
    return AuditAnswer.QUEUED;
  }

  /// Moves everything into `batch`, after waiting for something to come for at most so long.
  ///
  /// @return whether there may be more to come
  boolean drain(Queue<AuditEntry> batch, long waitNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = waitNanos;
      while (waiting.isEmpty() && state != State.CLOSED && left > 0) {
        left = changed.awaitNanos(left);
      }
      ArrayDeque<AuditEntry> taken = waiting;
      waiting = new ArrayDeque<>();
      batch.addAll(taken);
      return state != State.CLOSED;
    } finally {
      lock.unlock();
    }
  }

  /// Denies everything from now on, or takes uses again.
  void fail(boolean failing) {
    lock.lock();
    try {
      if (state != State.CLOSED) {
        state = failing ? State.FAILING : State.OPEN;
      }
    } finally {
      lock.unlock();
    }
  }

  /// Takes nothing any more; what waits can still be drained.
  void close() {
    lock.lock();
    try {
      state = State.CLOSED;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /// How many uses were denied since this was asked last; empty for none.
  Optional<AuditEntry> takeDenied(InstantSource clock) {
    lock.lock();
    try {
      long full = deniedFull - notedFull;
      long failing = deniedFailing - notedFailing;
      notedFull = deniedFull;
      notedFailing = deniedFailing;
      return full + failing == 0
          ? Optional.empty()
          : Optional.of(new AuditEntry.Denied(clock.instant(), full, failing));
    } finally {
      lock.unlock();
    }
  }

  AuditStat stat() {
    lock.lock();
    try {
      return new AuditStat(queued, deniedFull, deniedFailing);
    } finally {
      lock.unlock();
    }
  }
}
