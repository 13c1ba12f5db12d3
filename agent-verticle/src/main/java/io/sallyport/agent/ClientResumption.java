package io.sallyport.agent;

import io.sallyport.handshake.PostHandshake;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.NewSessionTicket;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.SessionParameters;
import org.bouncycastle.tls.TlsPSK;
import org.bouncycastle.tls.TlsSession;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// The session that a client offers to take up again in one handshake, and those that it gets of
/// it.
///
/// Confined to its handshake. [#close()] wipes what it holds; what Bouncy Castle works with goes
/// with the handshake's [JdkTlsCrypto].
final class ClientResumption implements AutoCloseable {
  private static final int SESSION_ID_LENGTH = 32;

  private final ClientSessions sessions;
  private final ClientSessions.Scope scope;
  private final JdkTlsCrypto crypto;
  private final Transcript transcript = new Transcript();
  private @Nullable ClientSession offered;
  private @Nullable NewSessionTicket ticketTls12;
  private boolean selected;
  private boolean completed;

  ClientResumption(ClientSessions sessions, ClientSessions.Scope scope, JdkTlsCrypto crypto) {
    this.sessions = sessions;
    this.scope = scope;
    this.crypto = crypto;
    offered = sessions.take(scope);
  }

  /// Takes the tickets of a server from which none is kept.
  static PostHandshake ignoring(
      ClientSessions sessions, ClientSessions.Scope scope, SecurityParameters parameters) {
    Suite suite = Suite.of(parameters.getCipherSuite());
    return suite.version() == TlsVersion.TLS_1_2
        ? PostHandshake.NONE
        : new ClientTickets(sessions, scope, suite, null, 0, null);
  }

  /// Follows the messages, for the secret of TLS 1.3 tickets.
  Transcript transcript() {
    return transcript;
  }

  private @Nullable ClientSession offered(TlsVersion version) {
    return offered != null && offered.suite().version() == version ? offered : null;
  }

  // ---- What is offered.

  /// TLS 1.3; null for none.
  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  @Nullable Vector<TlsPSK> psks() {
    ClientSession session = offered(TlsVersion.TLS_1_3);
    if (session == null) {
      return null;
    }
    TlsSecret secret = crypto.hold(new TicketPsk(crypto, session.revealed()));
    int prf =
        session.suite().usesSha384()
            ? PRFAlgorithm.tls13_hkdf_sha384
            : PRFAlgorithm.tls13_hkdf_sha256;
    Vector<TlsPSK> psks = new Vector<>();
    psks.add(new BasicTlsPSKExternal(session.ticket(), secret, prf));
    return psks;
  }

  /// Bouncy Castle claims an age of 0 for every ticket: the place of the age in the extension gets
  /// the real one.
  ///
  /// @param preSharedKey the extension, of which the first identity is the ticket
  void setAge(byte[] preSharedKey) {
    ClientSession session = offered(TlsVersion.TLS_1_3);
    if (session != null) {
      TlsUtils.writeUint32(
          Integer.toUnsignedLong(session.obfuscatedAge(sessions.nowMs())),
          preSharedKey,
          2 + 2 + session.ticket().length);
    }
  }

  /// TLS 1.2; null for none. A server that resumes it sends the session id back (RFC 5077 §3.4).
  @Nullable TlsSession sessionTls12() {
    ClientSession session = offered(TlsVersion.TLS_1_2);
    if (session == null) {
      return null;
    }
    return new TicketSession(
        crypto.createNonceGenerator(TlsUtils.EMPTY_BYTES).generateNonce(SESSION_ID_LENGTH),
        new SessionParameters.Builder()
            .setCipherSuite(session.suite().number())
            .setNegotiatedVersion(ProtocolVersion.TLSv12)
            .setExtendedMasterSecret(true)
            .setMasterSecret(crypto.hold(new JdkTlsSecret(crypto, session.revealed())))
            .build());
  }

  /// The ticket extension of TLS 1.2: empty for a client that only wants one.
  byte[] ticketTls12() {
    ClientSession session = offered(TlsVersion.TLS_1_2);
    return session == null ? TlsUtils.EMPTY_BYTES : session.ticket();
  }

  // ---- What the server says.

  /// The server took the PSK of TLS 1.3.
  void notifySelected() {
    selected = true;
  }

  /// A ticket of TLS 1.2 came.
  void notifyTicketTls12(NewSessionTicket ticket) {
    ticketTls12 = ticket;
  }

  /// The session that the handshake went back to; null for a full one.
  @Nullable ClientSession resumed(SecurityParameters parameters) {
    return selected || parameters.isResumedSession() ? offered : null;
  }

  /// The handshake is complete: keeps its ticket of TLS 1.2, or makes ready for those of TLS 1.3.
  ///
  /// @param server who the server proved to be; null for nobody
  /// @param expiresMs when the server's certificate does
  PostHandshake complete(
      SecurityParameters parameters, @Nullable PeerIdentity server, long expiresMs)
      throws IOException {
    completed = true;
    Suite suite = Suite.of(parameters.getCipherSuite());
    if (suite.version() == TlsVersion.TLS_1_2) {
      keepTls12(parameters, suite, server, expiresMs);
      return PostHandshake.NONE;
    }
    int hash = parameters.getPRFCryptoHashAlgorithm();
    byte[] secret =
        TlsCryptoUtils.hkdfExpandLabel(
                parameters.getMasterSecret(),
                hash,
                "res master",
                transcript.hash(),
                TlsCryptoUtils.getHashOutputSize(hash))
            .extract();
    return new ClientTickets(sessions, scope, suite, server, expiresMs, SecretBytes.wiping(secret));
  }

  /// Without the extended master secret a session must not be resumed (RFC 7627 §5.3).
  private void keepTls12(
      SecurityParameters parameters, Suite suite, @Nullable PeerIdentity server, long expiresMs) {
    NewSessionTicket ticket = ticketTls12;
    if (ticket == null || ticket.getTicket().length == 0 || !parameters.isExtendedMasterSecret()) {
      return;
    }
    long most = scope.policy().ticketLifetime().toSeconds();
    // A hint of 0 leaves it to the client (RFC 5077 §3.3).
    long hint = ticket.getTicketLifetimeHint();
    long lifetime = (hint == 0 ? most : Math.min(hint, most)) * 1000;
    long now = sessions.nowMs();
    byte[] master = crypto.adoptSecret(parameters.getMasterSecret()).extract();
    sessions.put(
        scope,
        new ClientSession(
            suite,
            SecretBytes.wiping(master),
            ticket.getTicket(),
            0,
            now,
            Math.min(now + lifetime, expiresMs),
            server));
  }

  @Override
  public void close() {
    if (offered != null) {
      if (!completed) {
        sessions.forget(scope, offered);
      }
      offered.close();
      offered = null;
    }
  }
}
