package io.sallyport.handshake;

import io.sallyport.keyring.KeySerial;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The part of [HandshakeArgs] that reaches an agent: plain values, no socket.
///
/// @param member who asks, by the name in its certificate; empty: the member that the agent is on
public record HandshakeRequest(
    HandshakeKind kind,
    @Nullable String peername,
    String keyring,
    KeySerial myCert,
    KeySerial myPrivkey,
    List<KeySerial> myPeerids,
    TlsPolicy policy,
    String consumer,
    String member) {
  public HandshakeRequest {
    myPeerids = List.copyOf(myPeerids);
  }
}
