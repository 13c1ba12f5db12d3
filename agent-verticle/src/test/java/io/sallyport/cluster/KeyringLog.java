package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/// What the stores of a test log, each line as `MEMBER LEVEL TEXT`.
final class KeyringLog extends Handler {
  /// Less than the time after which a store looks at everything, so that what is waited for came by
  /// an event.
  private static final long WAIT_SECONDS = 8;

  // Held, since the JDK holds loggers weakly.
  private final Logger logger = Logger.getLogger("io.sallyport.cluster");
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> all = new ArrayList<>();

  static KeyringLog listen() {
    KeyringLog log = new KeyringLog();
    log.logger.addHandler(log);
    log.logger.setUseParentHandlers(false);
    return log;
  }

  @Override
  public void publish(LogRecord record) {
    // It is published by the thread that logs.
    String member = Thread.currentThread().getName().replace("keyrings-", "");
    lines.add(member + " " + record.getLevel() + " " + new SimpleFormatter().formatMessage(record));
  }

  /// Waits for a line with all of these in it.
  String await(String member, String... parts) throws InterruptedException {
    while (true) {
      String line = lines.poll(WAIT_SECONDS, TimeUnit.SECONDS);
      assertThat(line)
          .as("a line of %s with %s, after %s", member, List.of(parts), all)
          .isNotNull();
      all.add(line);
      if (line.startsWith(member + " ") && List.of(parts).stream().allMatch(line::contains)) {
        return line;
      }
    }
  }

  /// Everything so far.
  List<String> all() {
    lines.drainTo(all);
    return List.copyOf(all);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
