package io.sallyport.agent;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.bouncycastle.tls.ClientHello;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.HandshakeMessageInput;
import org.bouncycastle.tls.ServerHello;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsServerProtocol;

/// Bouncy Castle's server, with a look at every handshake record before it acts on it, and at every
/// one before it goes out.
final class ServerProtocol extends TlsServerProtocol implements HandshakeProtocol {
  private final ServerPeer peer;
  private final MessageWalker received = new MessageWalker();

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
  protected ClientHello receiveClientHelloMessage(ByteArrayInputStream message) throws IOException {
    ClientHello hello = super.receiveClientHelloMessage(message);
    peer.notifyClientHello(hello);
    return hello;
  }

  @Override
  protected void processRecord(short type, byte[] content, int offset, int length)
      throws IOException {
    if (type == ContentType.handshake) {
      received.walk(content, offset, length);
      peer.notifyReceived(content, offset, length);
    }
    super.processRecord(type, content, offset, length);
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

  /// Refuses wrong key shares before Bouncy Castle reads them, which finds the fault with itself;
  /// the server is not asked about those of a second ClientHello.
  @Override
  protected ServerHello generate13ServerHello(
      ClientHello clientHello, HandshakeMessageInput message, boolean afterHelloRetryRequest)
      throws IOException {
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
