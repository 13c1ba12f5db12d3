package io.sallyport.config;

import java.time.Duration;

/// How long a backend waits for its servers. Each 1 ms to 24 days.
///
/// @param connect for a TCP connection to be accepted and the handshake on it, if any
/// @param server for a sign of life, while both sides may still send
public record BackendTimeoutConfig(Duration connect, Duration server) {
  public static final BackendTimeoutConfig DEFAULT =
      new BackendTimeoutConfig(Duration.ofSeconds(5), Duration.ofMinutes(1));

  public BackendTimeoutConfig {
    Range.TIMEOUT.check("timeout connect", connect);
    Range.TIMEOUT.check("timeout server", server);
  }
}
