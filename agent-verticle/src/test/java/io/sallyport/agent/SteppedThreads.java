package io.sallyport.agent;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads of an agent, which run one task when they are told to.
final class SteppedThreads extends ThreadPoolExecutor {
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Runnable beforeExecute;
  private final Runnable afterExecute;
  private final Runnable awaiting;
  private boolean shutdown;

  /// @param beforeExecute runs before a task is added, and may throw in its place
  /// @param afterExecute runs when a task was added
  /// @param awaiting runs while the end is waited for
  SteppedThreads(Runnable beforeExecute, Runnable afterExecute, Runnable awaiting) {
    super(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    this.beforeExecute = beforeExecute;
    this.afterExecute = afterExecute;
    this.awaiting = awaiting;
  }

  boolean hasTask() {
    return !tasks.isEmpty();
  }

  void runTask() {
    tasks.remove().run();
  }

  @Override
  public int prestartAllCoreThreads() {
    return 0;
  }

  @Override
  public void execute(Runnable task) {
    beforeExecute.run();
    if (shutdown) {
      throw new RejectedExecutionException();
    }
    tasks.add(task);
    afterExecute.run();
  }

  @Override
  public boolean remove(Runnable task) {
    return tasks.remove(task);
  }

  @Override
  public void shutdown() {
    shutdown = true;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    awaiting.run();
    return tasks.isEmpty();
  }
}
