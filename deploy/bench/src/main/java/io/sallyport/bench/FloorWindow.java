package io.sallyport.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/// A number of handshakes with OpenSSL's server, one after the other, and what the server's half of
/// them cost this thread.
final class FloorWindow {
  private static final int TURNS_MAX = 10;

  private FloorWindow() {}

  static ThreadCost.Average measure(
      Libssl server, Supplier<? extends BenchClient> clients, int count) {
    ThreadCost cost = new ThreadCost();
    try {
      for (int i = 0; i < count; i++) {
        shakeHands(server, clients.get(), cost);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cost.per(count);
  }

  private static void shakeHands(Libssl context, BenchClient client, ThreadCost cost)
      throws IOException {
    byte[] flight = client.flight(new byte[0]);
    cost.start();
    LibsslPeer server = context.peer();
    for (int turn = 0; turn < TURNS_MAX; turn++) {
      byte[] reply = server.flight(flight);
      if (server.isComplete()) {
        // TLS 1.2 ends with a flight of the server.
        server.close();
        cost.stop();
        byte[] _ = client.flight(reply);
        if (!client.isComplete()) {
          break;
        }
        client.close();
        return;
      }
      cost.stop();
      flight = client.flight(reply);
      cost.start();
    }
    throw new IllegalStateException("libssl does not complete its own handshake");
  }
}
