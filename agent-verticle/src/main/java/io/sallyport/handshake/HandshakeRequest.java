package io.sallyport.handshake;

import io.sallyport.keyring.KeySerial;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The part of [HandshakeArgs] that reaches an agent: plain values, no socket.
public record HandshakeRequest(
    HandshakeKind kind,
    @Nullable String peername,
    String keyring,
    KeySerial myCert,
    KeySerial myPrivkey,
    List<KeySerial> myPeerids,
    TlsPolicy policy,
    String consumer) {
  public HandshakeRequest {
    myPeerids = List.copyOf(myPeerids);
  }
}
