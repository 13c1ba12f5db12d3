package io.sallyport.agent;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Hears what the agent logs above DEBUG: nothing that a peer could bring about.
final class LogWatch {
  // Held, since the JDK holds loggers weakly.
  private final Logger logger = Logger.getLogger("io.sallyport");
  private final List<String> records = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          if (record.getLevel().intValue() > Level.FINE.intValue()) {
            records.add(record.getLevel() + " " + record.getMessage() + " " + record.getThrown());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  void start() {
    logger.addHandler(handler);
  }

  /// What was heard.
  List<String> stop() {
    logger.removeHandler(handler);
    return List.copyOf(records);
  }
}
