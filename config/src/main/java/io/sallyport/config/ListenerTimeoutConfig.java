package io.sallyport.config;

import java.time.Duration;

/// How long a listener waits for its clients. Each 1 ms to 24 days.
///
/// @param clientHs for the TLS handshake, from accept to finish
/// @param client for a sign of life, while both sides may still send
/// @param clientFin for a sign of life, once one side has finished sending
public record ListenerTimeoutConfig(Duration clientHs, Duration client, Duration clientFin) {
  public static final ListenerTimeoutConfig DEFAULT =
      new ListenerTimeoutConfig(
          Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofSeconds(30));

  public ListenerTimeoutConfig {
    Range.TIMEOUT.check("timeout client-hs", clientHs);
    Range.TIMEOUT.check("timeout client", client);
    Range.TIMEOUT.check("timeout client-fin", clientFin);
  }
}
