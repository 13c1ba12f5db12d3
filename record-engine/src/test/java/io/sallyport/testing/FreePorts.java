package io.sallyport.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/// Ports for what has to know them before it listens.
public final class FreePorts {
  private static final int ATTEMPTS = 100;

  private FreePorts() {}

  /// The first of so many ports in a row that nobody has now on 127.0.0.1, 127.0.0.2 and so on.
  public static int inARow(int ports, int addresses) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      // Below those that the system gives to whoever does not care.
      int first = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      if (isFree(first, ports, addresses)) {
        return first;
      }
    }
    throw new AssertionError("no free ports");
  }

  private static boolean isFree(int first, int ports, int addresses) {
    for (int i = 0; i < ports * addresses; i++) {
      try (ServerSocket probe = new ServerSocket()) {
        probe.bind(new InetSocketAddress("127.0.0." + (1 + i / ports), first + i % ports));
      } catch (IOException _) {
        return false;
      }
    }
    return true;
  }
}
