package io.sallyport.link;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Waits for a line in the log of the links.
final class LinkLog {
  private LinkLog() {}

  /// Does something and waits for a line that contains `expected`; gives all lines until then.
  static List<String> during(String expected, Runnable action) throws InterruptedException {
    Logger logger = Logger.getLogger("sallyport.link");
    List<String> lines = new CopyOnWriteArrayList<>();
    CountDownLatch found = new CountDownLatch(1);
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            lines.add(record.getMessage());
            if (record.getMessage().contains(expected)) {
              found.countDown();
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    try {
      action.run();
      if (!found.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("no line with \"" + expected + "\" among " + lines);
      }
      return List.copyOf(lines);
    } finally {
      logger.removeHandler(handler);
    }
  }
}
