package io.sallyport.agent;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.ClientHello;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.HandshakeMessageInput;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.ServerHello;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsServerProtocol;
import org.jspecify.annotations.Nullable;

/// Bouncy Castle's server, with a look at every handshake record before it acts on it, and at every
/// one before it goes out.
final class ServerProtocol extends TlsServerProtocol implements HandshakeProtocol {
  private final ServerPeer peer;
  private final MessageWalker received = new MessageWalker();
  private @Nullable ClientHello firstHello;

  ServerProtocol(ServerPeer peer) {
    this.peer = peer;
  }

  @Override
  public void begin() throws IOException {
    accept(peer);
  }

  @Override
  public MessageWalker received() {
    return received;
  }

  @Override
  protected void processRecord(short type, byte[] content, int offset, int length)
      throws IOException {
    PeerFaults.checkRecord(type, content, offset, length, received, peer.parameters());
    if (type == ContentType.handshake) {
      received.walk(content, offset, length);
      peer.notifyReceived(content, offset, length);
    }
    super.processRecord(type, content, offset, length);
  }

  /// Sees to it that what is wrong with a message is the peer's fault.
  @Override
  protected void handleHandshakeMessage(short type, HandshakeMessageInput message)
      throws IOException {
    received.actOn(type);
    PeerFaults.refuseIf(
        type == HandshakeType.certificate_verify
            && connection_state == CS_CLIENT_CERTIFICATE
            && hasNoCertificate(),
        type,
        "certificate");
    PeerFaults.inMessage(
        type,
        () -> {
          super.handleHandshakeMessage(type, message);
          return type;
        });
  }

  @Override
  protected void handleAlertMessage(short level, short description) throws IOException {
    super.handleAlertMessage(
        PeerFaults.alertLevel(level, description, peer.parameters()), description);
  }

  private boolean hasNoCertificate() {
    SecurityParameters parameters = peer.parameters();
    Certificate certificate = parameters == null ? null : parameters.getPeerCertificate();
    return certificate == null || certificate.isEmpty();
  }

  @Override
  @SuppressWarnings("unchecked") // Bouncy Castle's type is raw.
  protected ClientHello receiveClientHelloMessage(ByteArrayInputStream message) throws IOException {
    ClientHello hello = PeerFaults.inVersions(() -> super.receiveClientHelloMessage(message));
    PeerFaults.passOverReservedVersion(hello.getExtensions());
    peer.notifyClientHello(received.hello());
    return hello;
  }

  /// Bouncy Castle knows max_fragment_length, whose sizes are powers of two, but not
  /// record_size_limit (RFC 8449 §4).
  @Override
  protected void writeRecord(short type, byte[] content, int offset, int length)
      throws IOException {
    if (type == ContentType.handshake) {
      peer.notifySent(content, offset, length);
    }
    int max = type == ContentType.handshake ? peer.recordSize() : length;
    int at = offset;
    for (; offset + length - at > max; at += max) {
      super.writeRecord(type, content, at, max);
    }
    super.writeRecord(type, content, at, offset + length - at);
  }

  /// The state of a handshake is kept here, so a cookie would only make the peer's second
  /// ClientHello longer (RFC 9846 §4.2.4).
  @Override
  protected ServerHello generate13HelloRetryRequest(ClientHello clientHello) throws IOException {
    retryCookie = null;
    return super.generate13HelloRetryRequest(clientHello);
  }

  /// Refuses a ClientHello that is not what TLS 1.3 demands, where Bouncy Castle does not look, and
  /// wrong key shares before Bouncy Castle reads them, which finds the fault with itself; the
  /// server is not asked about those of a second ClientHello.
  @Override
  protected ServerHello generate13ServerHello(
      ClientHello clientHello, HandshakeMessageInput message, boolean afterHelloRetryRequest)
      throws IOException {
    if (firstHello == null) {
      firstHello = clientHello;
      RetriedHello.requireNoCompression(peer.hello());
    } else {
      RetriedHello.requireSame(firstHello, clientHello);
    }
    KeyShares.of(clientHello.getExtensions());
    return super.generate13ServerHello(clientHello, message, afterHelloRetryRequest);
  }

  @Override
  public void refuse(TlsFatalAlert refusal) throws IOException {
    handleException(refusal.getAlertDescription(), "refused", refusal);
  }

  @Override
  public void abandon() {
    cleanupHandshake();
  }
}
