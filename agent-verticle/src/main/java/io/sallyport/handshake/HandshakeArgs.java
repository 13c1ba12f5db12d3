package io.sallyport.handshake;

import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.KtlsSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A request for a handshake: `struct tls_handshake_args`.
///
/// Not checked when it is made: [HandshakeAgent] answers [HandshakeSubmit#EINVAL], as the kernel
/// does.
///
/// @param socket established and plain; its callbacks are replaced until `done`
/// @param done hears the end
/// @param peername the host name or IP address of a server, which its certificate must be for; a
///   client that verifies needs it, a server has no use for it
/// @param timeoutMs how long the handshake may take from now on; 0: as long as
///   [HandshakeAgent#TIMEOUT_MS_DEFAULT]
/// @param keyring name of the keyring to take keys from
/// @param myCert the certificate to present; [KeySerial#NONE]: a server lets the server name
///   decide, a client takes the first that the server accepts
/// @param myPrivkey its private key, [KeySerial#NONE] together with `myCert`
/// @param myPeerids pre-shared keys to authenticate with, at most five; X.509 uses none
/// @param policy what the session must be like
/// @param consumer who needs the session, as a listener's or backend's name: for the audit of
///   private keys, and for whoever services the request
public record HandshakeArgs(
    KtlsSocket socket,
    HandshakeDone done,
    @Nullable String peername,
    int timeoutMs,
    String keyring,
    KeySerial myCert,
    KeySerial myPrivkey,
    List<KeySerial> myPeerids,
    TlsPolicy policy,
    String consumer) {
  /// The most peer ids a request may carry.
  public static final int PEERIDS_MAX = 5;

  public HandshakeArgs {
    myPeerids = List.copyOf(myPeerids);
  }

  /// A request that lets the server name choose the certificate, of no consumer in particular.
  public static HandshakeArgs of(
      KtlsSocket socket, String keyring, TlsPolicy policy, int timeoutMs, HandshakeDone done) {
    return new HandshakeArgs(
        socket,
        done,
        null,
        timeoutMs,
        keyring,
        KeySerial.NONE,
        KeySerial.NONE,
        List.of(),
        policy,
        "");
  }

  /// The same request with this certificate and no other.
  public HandshakeArgs withCertificate(KeySerial cert, KeySerial privkey) {
    return new HandshakeArgs(
        socket, done, peername, timeoutMs, keyring, cert, privkey, myPeerids, policy, consumer);
  }

  /// The same request for this consumer.
  public HandshakeArgs withConsumer(String name) {
    return new HandshakeArgs(
        socket, done, peername, timeoutMs, keyring, myCert, myPrivkey, myPeerids, policy, name);
  }
}
