package io.sallyport.config;

/// What a listener does with a connection that none of its routes takes.
public sealed interface UnmatchedConfig {
  /// Sends it to that backend.
  record Forward(String backend) implements UnmatchedConfig {}

  /// Refuses the handshake.
  record Refuse() implements UnmatchedConfig {}
}
