package io.sallyport.audit;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/// What the audit log tells the operator, to wait for.
final class LogEvents implements AutoCloseable {
  private static final int LIMIT_SECONDS = 60;

  // Held, since the JDK holds loggers weakly.
  private final Logger logger = Logger.getLogger(AuditLog.class.getName());
  private final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          messages.add(new SimpleFormatter().formatMessage(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  LogEvents() {
    logger.addHandler(handler);
  }

  /// The next message that holds `part`; those before it are gone.
  String await(String part) {
    try {
      while (true) {
        String message = messages.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
          throw new AssertionError("nobody says \"" + part + "\"");
        }
        if (message.contains(part)) {
          return message;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// How many messages hold `part`, of those that were not waited for.
  long count(String part) {
    return messages.stream().filter(message -> message.contains(part)).count();
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
  }
}
