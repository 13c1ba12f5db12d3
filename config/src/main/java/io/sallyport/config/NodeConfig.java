package io.sallyport.config;

import java.nio.file.Path;
import java.time.Duration;

/// The process itself.
///
/// @param name tells this process apart in logs and metrics
/// @param dataDir absolute; the folder for what has to survive a restart; need not exist yet
/// @param eventLoops how many threads carry connections, 1 to 1024
/// @param drainTimeout how long connections may take to finish once the process stops accepting, 0
///   to 1 day; what is left then is closed
public record NodeConfig(String name, Path dataDir, int eventLoops, Duration drainTimeout) {
  public static final String DEFAULT_NAME = "sallyport";
  public static final String DEFAULT_DATA_DIR = "data";
  public static final Duration DEFAULT_DRAIN_TIMEOUT = Duration.ofSeconds(30);

  public NodeConfig {
    Names.check(name);
    if (!dataDir.isAbsolute()) {
      throw new IllegalArgumentException("relative data-dir " + dataDir);
    }
    Range.EVENT_LOOPS.check("event-loops", eventLoops);
    Range.DRAIN.check("drain-timeout", drainTimeout);
  }
}
