package io.sallyport.agent;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/// An event loop that runs one task when it is told to, and whose clock stands still.
final class SteppedLoop extends AbstractScheduledEventExecutor {
  private final MockTicker ticker = Ticker.newMockTicker();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Runnable afterExecute;

  /// @param afterExecute runs when a task was added, from whichever thread
  SteppedLoop(Runnable afterExecute) {
    this.afterExecute = afterExecute;
  }

  boolean hasTask() {
    return !tasks.isEmpty();
  }

  void runTask() {
    tasks.remove().run();
  }

  /// What is due then waits behind the other tasks.
  void pass(int ms) {
    ticker.advance(ms, TimeUnit.MILLISECONDS);
    Runnable due;
    while ((due = pollScheduledTask(ticker.nanoTime())) != null) {
      tasks.add(due);
    }
  }

  boolean hasTimer() {
    return nextScheduledTaskNano() >= 0;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    afterExecute.run();
  }

  @Override
  public Ticker ticker() {
    return ticker;
  }

  @Override
  @SuppressWarnings("deprecation") // Netty still asks it, and not the ticker.
  protected long getCurrentTimeNanos() {
    return ticker.nanoTime();
  }

  /// The schedule sees to it that the loop is where it must be.
  @Override
  public boolean inEventLoop(Thread thread) {
    return true;
  }

  @Override
  public boolean isShuttingDown() {
    return false;
  }

  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<?> terminationFuture() {
    throw new UnsupportedOperationException();
  }

  @Override
  @Deprecated
  public void shutdown() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }
}
