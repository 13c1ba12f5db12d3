package io.sallyport.proxy.tls;

import io.sallyport.handshake.HandshakeOutcome;

/// Says for the operator why there is no session.
public final class Explanation {
  private Explanation() {}

  /// What happened, and what is known of the peer: `detail (reason sni=… ja4=…)`, in one printable
  /// line.
  public static String of(HandshakeOutcome.Failed failed) {
    String facts = failed.peer().toString();
    return facts.isEmpty()
        ? failed.detail()
        : failed.detail() + " (" + failed.reason() + " " + facts + ")";
  }
}
