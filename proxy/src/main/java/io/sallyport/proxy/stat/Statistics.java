package io.sallyport.proxy.stat;

import io.sallyport.ktls.KeyUpdateStat;
import io.sallyport.ktls.TlsStat;
import java.util.List;

/// What was counted, on one event loop or summed over several.
///
/// @param tls the kernel's counters
/// @param keyUpdates what the record engine did about key updates
/// @param handshakes how handshakes with clients ended
/// @param upstreamHandshakes how handshakes with servers ended
/// @param connections the proxy's own
public record Statistics(
    TlsStat tls,
    KeyUpdateStat keyUpdates,
    HandshakeStat handshakes,
    HandshakeStat upstreamHandshakes,
    ConnectionStat connections) {

  /// The sum over event loops.
  public static Statistics sum(List<Statistics> parts) {
    Statistics sum =
        new Statistics(
            new TlsStat(),
            new KeyUpdateStat(),
            new HandshakeStat(),
            new HandshakeStat(),
            new ConnectionStat());
    for (Statistics part : parts) {
      sum.tls.add(part.tls);
      sum.keyUpdates.add(part.keyUpdates);
      sum.handshakes.add(part.handshakes);
      sum.upstreamHandshakes.add(part.upstreamHandshakes);
      sum.connections.add(part.connections);
    }
    return sum;
  }
}
