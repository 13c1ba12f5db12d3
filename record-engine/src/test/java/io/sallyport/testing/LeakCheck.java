package io.sallyport.testing;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test class that lost a buffer.
///
/// Netty's detector, which must run at level paranoid, reports a lost buffer when it was collected
/// and another one is allocated. Both are made to happen here.
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
  private static final Logger DETECTOR = Logger.getLogger(ResourceLeakDetector.class.getName());
  private static final int COLLECTIONS = 5;

  private final List<String> leaks = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          leaks.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @Override
  public void beforeAll(ExtensionContext context) {
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new AssertionError("the leak detector must run at level paranoid");
    }
    DETECTOR.addHandler(handler);
  }

  @Override
  @SuppressWarnings("SystemGc") // The point is to collect what was lost.
  public void afterAll(ExtensionContext context) {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      ByteBufAllocator.DEFAULT.directBuffer(16).release();
    }
    DETECTOR.removeHandler(handler);
    if (!leaks.isEmpty()) {
      throw new AssertionError("lost buffers: " + leaks);
    }
  }
}
