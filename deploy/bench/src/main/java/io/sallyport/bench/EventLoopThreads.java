package io.sallyport.bench;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads that JMH measures on, made as Netty makes those of its event loops. JMH creates this
/// by name, see [RecordRun].
public final class EventLoopThreads extends ThreadPoolExecutor {
  /// JMH demands this signature.
  public EventLoopThreads(int threads, String prefix) {
    super(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        new DefaultThreadFactory(prefix, true));
  }
}
