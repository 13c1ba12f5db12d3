package io.sallyport.bench;

import java.io.IOException;

/// A TLS client without a network: what is not measured.
interface BenchClient extends AutoCloseable {
  /// What it says to `received`, everything until it must hear something; to nothing at first.
  byte[] flight(byte[] received) throws IOException;

  /// Whether its handshake is complete.
  boolean isComplete();

  @Override
  void close();
}
