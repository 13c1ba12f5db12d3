package io.sallyport.proxy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// What the proxy logs about its connections.
final class LogLines implements AutoCloseable {
  private static final Logger LOGGER = Logger.getLogger("sallyport.connection");

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          lines.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  LogLines() {
    LOGGER.addHandler(handler);
  }

  /// Waits for a line that contains `words`.
  void awaitLine(String words) {
    Eventually.holds(
        () -> lines.stream().anyMatch(line -> line.contains(words)),
        () -> "no line with \"" + words + "\" among " + lines);
  }

  @Override
  public void close() {
    LOGGER.removeHandler(handler);
  }
}
