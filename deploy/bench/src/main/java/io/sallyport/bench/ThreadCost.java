package io.sallyport.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// What stretches of work cost the thread that does them: processor time and allocation. Compiler
/// and collector threads do not count. One thread starts and stops it.
final class ThreadCost {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// Of what was not measured.
  static final Average NONE = new Average(Double.NaN, Double.NaN);

  private long nanos;
  private long bytes;
  private long nanosBefore;
  private long bytesBefore;

  void start() {
    bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
    nanosBefore = THREADS.getCurrentThreadCpuTime();
  }

  void stop() {
    nanos += THREADS.getCurrentThreadCpuTime() - nanosBefore;
    bytes += THREADS.getCurrentThreadAllocatedBytes() - bytesBefore;
  }

  /// What `operations` took in all, for each of them.
  Average per(int operations) {
    return new Average((double) nanos / operations / 1000, (double) bytes / operations);
  }

  /// @param micros of processor time
  /// @param bytes allocated on the heap
  record Average(double micros, double bytes) {}
}
