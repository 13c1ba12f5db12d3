package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.ClientHello;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.HandshakeMessageInput;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.KeyExchangeAlgorithm;
import org.bouncycastle.tls.KeyShareEntry;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.ServerHello;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsUtils;

/// Bouncy Castle's client, with a look at every handshake record before it acts on it.
final class ClientProtocol extends TlsClientProtocol implements HandshakeProtocol {
  private final ClientPeer peer;
  private final MessageWalker received = new MessageWalker();
  private boolean expectsRenewedTicket;

  ClientProtocol(ClientPeer peer) {
    this.peer = peer;
  }

  @Override
  public void begin() throws IOException {
    peer.requireKeys();
    connect(peer);
  }

  @Override
  public MessageWalker received() {
    return received;
  }

  @Override
  protected void processRecord(short type, byte[] content, int offset, int length)
      throws IOException {
    PeerFaults.checkRecord(type, content, offset, length, received, peer.parameters());
    boolean wasEncrypted = peer.expectsEncryption();
    if (type == ContentType.handshake) {
      received.walk(content, offset, length);
      peer.notifyReceived(content, offset, length);
    }
    super.processRecord(type, content, offset, length);
    if (!wasEncrypted && peer.expectsEncryption() && received.followsServerHello()) {
      // Only now it is known that this is TLS 1.3, where a ServerHello ends its record.
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "server sent data behind its ServerHello in the same record");
    }
  }

  @Override
  protected void writeRecord(short type, byte[] content, int offset, int length)
      throws IOException {
    if (type == ContentType.handshake) {
      peer.notifySent(content, offset, length);
    }
    super.writeRecord(type, content, offset, length);
  }

  @Override
  protected void sendClientHelloMessage() throws IOException {
    byte[] psks =
        TlsUtils.getExtensionData(
            clientHello.getExtensions(), TlsExtensionsUtils.EXT_pre_shared_key);
    if (psks != null) {
      peer.setTicketAge(psks);
    } else if (clientHello.getBindersSize() > 0) {
      withoutBinders();
    }
    super.sendClientHelloMessage();
  }

  /// Bouncy Castle leaves room for the binders of keys that it withdrew after a HelloRetryRequest.
  private void withoutBinders() {
    clientHello =
        new ClientHello(
            clientHello.getVersion(),
            clientHello.getRandom(),
            clientHello.getSessionID(),
            clientHello.getCookie(),
            clientHello.getCipherSuites(),
            clientHello.getExtensions(),
            0);
  }

  /// Sees to it that what is wrong with a message is the peer's fault.
  @Override
  protected void handleHandshakeMessage(short type, HandshakeMessageInput message)
      throws IOException {
    received.actOn(type);
    PeerFaults.refuseIf(
        (type == HandshakeType.server_key_exchange || type == HandshakeType.server_hello_done)
            && connection_state == CS_SERVER_HELLO
            && needsCertificate(),
        type,
        "certificate");
    PeerFaults.inMessage(
        type,
        () -> {
          if (type == HandshakeType.new_session_ticket && expectsRenewedTicket()) {
            expectsRenewedTicket = false;
            receiveNewSessionTicket(message);
          } else {
            super.handleHandshakeMessage(type, message);
          }
          return type;
        });
  }

  /// A server may renew the ticket of a session of TLS 1.2 that it takes up, and says so in its
  /// ServerHello (RFC 5077 §3.3); Bouncy Castle expects one behind a full handshake only.
  private boolean expectsRenewedTicket() {
    SecurityParameters parameters = peer.parameters();
    return expectsRenewedTicket
        && connection_state == CS_SERVER_HELLO
        && parameters != null
        && parameters.isResumedSession();
  }

  @Override
  protected void handleAlertMessage(short level, short description) throws IOException {
    super.handleAlertMessage(
        PeerFaults.alertLevel(level, description, peer.parameters()), description);
  }

  /// In TLS 1.2.
  private boolean needsCertificate() {
    SecurityParameters parameters = peer.parameters();
    return parameters != null
        && parameters.getKeyExchangeAlgorithm() != KeyExchangeAlgorithm.ECDHE_PSK;
  }

  @Override
  protected ServerHello receiveServerHelloMessage(ByteArrayInputStream message) throws IOException {
    return PeerFaults.inVersions(() -> {
      ServerHello hello = super.receiveServerHelloMessage(message);
      TlsExtensionsUtils.getSupportedVersionsExtensionServer(hello.getExtensions());
      expectsRenewedTicket =
          TlsUtils.getExtensionData(hello.getExtensions(), ClientPeer.SESSION_TICKET) != null;
      return hello;
    });
  }

  /// Refuses a wrong key share before Bouncy Castle reads it, which finds the fault with itself.
  @Override
  protected void process13ServerHello(ServerHello hello, boolean afterHelloRetryRequest)
      throws IOException {
    KeyShareEntry share = TlsExtensionsUtils.getKeyShareServerHello(hello.getExtensions());
    KeyExchangeGroup group = share == null ? null : KeyExchangeGroup.of(share.getNamedGroup());
    if (group != null) {
      group.requireServerShare(share.getKeyExchange());
    }
    super.process13ServerHello(hello, afterHelloRetryRequest);
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
