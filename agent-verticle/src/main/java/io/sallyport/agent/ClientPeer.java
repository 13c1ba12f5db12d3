package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.PreSharedKey;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.trust.DnsName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Vector;
import org.bouncycastle.tls.AbstractTlsClient;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.AlertLevel;
import org.bouncycastle.tls.CertificateStatusRequest;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.NameType;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.NewSessionTicket;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskKeyExchangeMode;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.ServerName;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientContext;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsPSK;
import org.bouncycastle.tls.TlsPSKIdentity;
import org.bouncycastle.tls.TlsSession;
import org.jspecify.annotations.Nullable;

/// The decisions of a client in one handshake: what it offers, whether the server is the one it
/// means to reach, and what it shows of itself. Bouncy Castle asks for them in the order of a
/// handshake, which is the order of the methods here.
///
/// Confined to its [Handshake].
final class ClientPeer extends AbstractTlsClient implements HandshakePeer {
  static final Integer SESSION_TICKET = ExtensionType.session_ticket;

  private final JdkTlsCrypto crypto;
  private final HandshakeRequest request;
  private final TlsPolicy policy;
  private final Keyring keyring;
  private final AgentResources resources;
  private final Agreement agreement = new Agreement();
  private final List<PreSharedKey> psks = new ArrayList<>();
  private @Nullable ServerAuthentication authentication;

  /// Null where no session can be resumed.
  private final @Nullable ClientResumption resumption;

  private PostHandshake postHandshake = PostHandshake.NONE;
  private boolean peerLeft;

  /// @param keyring retained by the caller as long as this is in use
  ClientPeer(
      JdkTlsCrypto crypto, HandshakeRequest request, Keyring keyring, AgentResources resources) {
    super(crypto);
    this.crypto = crypto;
    this.request = request;
    policy = request.policy();
    this.keyring = keyring;
    this.resources = resources;
    resumption = hasTickets() ? resumption() : null;
  }

  private boolean hasTickets() {
    return !policy.ticketLifetime().isZero() && !request.kind().isPsk();
  }

  private ClientResumption resumption() {
    ClientSessions sessions = resources.sessions();
    return new ClientResumption(sessions, sessions.scope(request, keyring), crypto);
  }

  // ---- What a handshake asks.

  @Override
  public Agreement agreement() {
    return agreement;
  }

  @Override
  public boolean speaksFirst() {
    return true;
  }

  @Override
  public boolean hasPeerLeft() {
    return peerLeft;
  }

  @Override
  public @Nullable SecurityParameters parameters() {
    return context == null ? null : context.getSecurityParametersHandshake();
  }

  /// What a server sends is verified, or brings the key exchange.
  @Override
  public boolean isLastFlightLight() {
    return false;
  }

  /// Servers have none to send.
  @Override
  public boolean offersEarlyData() {
    return false;
  }

  @Override
  public byte[] messages() {
    return new byte[0];
  }

  @Override
  public PostHandshake postHandshake() {
    PostHandshake taken = postHandshake;
    postHandshake = PostHandshake.NONE;
    return taken;
  }

  @Override
  public void close() {
    agreement.close();
    postHandshake.close();
    if (resumption != null) {
      resumption.close();
    }
  }

  // ---- What the protocol sees.

  /// A piece of the server's handshake messages came.
  void notifyReceived(byte[] content, int offset, int length) {
    if (resumption != null) {
      resumption.transcript().server(content, offset, length);
    }
  }

  /// A piece of the client's handshake messages goes out.
  void notifySent(byte[] content, int offset, int length) {
    if (resumption != null) {
      resumption.transcript().client(content, offset, length);
    }
  }

  /// Writes the age of the ticket into the extension that offers it.
  void setTicketAge(byte[] preSharedKey) {
    if (resumption != null) {
      resumption.setAge(preSharedKey);
    }
  }

  @Override
  public boolean ticketsWait() {
    return false;
  }

  @Override
  public PeerFacts facts(byte[] hello) {
    String name = serverName();
    String certificate = authentication == null ? "" : authentication.serverCertificate();
    return new PeerFacts(name == null ? "" : name, "", "", "", "", certificate);
  }

  // ---- What Bouncy Castle asks.

  @Override
  public void init(TlsClientContext context) {
    super.init(context);
    authentication = new ServerAuthentication(context, request, keyring, resources, agreement);
  }

  /// A chain of certificates may be long; [MessageWalker] has the limits.
  @Override
  public int getMaxHandshakeMessageSize() {
    return MessageWalker.MESSAGE_MAX;
  }

  /// Whoever verifies a chain bounds it; Bouncy Castle would find the fault with itself.
  @Override
  public int getMaxCertificateChainLength() {
    return MessageWalker.MESSAGE_MAX;
  }

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return PeerSettings.versions(policy);
  }

  @Override
  protected int[] getSupportedCipherSuites() {
    return PeerSettings.suites(policy, request.kind());
  }

  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  protected Vector getSupportedGroups(Vector roles) {
    Vector<Integer> groups = new Vector<>();
    Arrays.stream(PeerSettings.groups(policy)).forEach(groups::add);
    return groups;
  }

  /// A share for the group preferred most, and for X25519, which all servers have: a share less
  /// would cost a round trip with those that lack the former.
  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  public Vector getEarlyKeyShareGroups() {
    Set<Integer> groups = new LinkedHashSet<>();
    groups.add(policy.groups().getFirst().number());
    if (policy.groups().contains(Group.X25519)) {
      groups.add(Group.X25519.number());
    }
    return new Vector<>(groups);
  }

  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  protected Vector getSupportedSignatureAlgorithms() {
    return SchemeChoice.verified();
  }

  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  protected @Nullable Vector getProtocolNames() {
    return policy.alpn().isEmpty() ? null : PeerSettings.protocolNames(policy);
  }

  /// A name, and never an address (RFC 6066 §3).
  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  protected @Nullable Vector getSNIServerNames() {
    String name = serverName();
    if (name == null) {
      return null;
    }
    Vector<ServerName> names = new Vector<>();
    names.add(new ServerName(NameType.host_name, name.getBytes(StandardCharsets.US_ASCII)));
    return names;
  }

  private @Nullable String serverName() {
    return request.peername() == null ? null : DnsName.parse(request.peername());
  }

  /// What a server staples would have to be verified; CRLs of the keyring say what was revoked.
  @Override
  protected @Nullable CertificateStatusRequest getCertificateStatusRequest() {
    return null;
  }

  /// TLS 1.3.
  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  public @Nullable Vector getExternalPSKs() {
    if (!request.kind().isPsk()) {
      return resumption == null ? null : resumption.psks();
    }
    Vector<TlsPSK> offered = new Vector<>();
    psks().forEach(psk -> offered.add(PskSelection.external(psk, crypto)));
    return offered;
  }

  /// TLS 1.2, which has room for one.
  @Override
  public @Nullable TlsPSKIdentity getPSKIdentity() {
    if (!request.kind().isPsk()) {
      return null;
    }
    PreSharedKey psk = psks().getFirst();
    agreement.setPeerid(psk.serial());
    return PskSelection.identityTls12(psk);
  }

  /// The group of the key exchange; `none` for a resumed session of TLS 1.2, which has no exchange.
  private String group(SecurityParameters parameters, boolean resumed) {
    int negotiated = parameters.getNegotiatedGroup();
    if (negotiated < 0 && resumed) {
      return "none";
    }
    return NamedGroup.getName(negotiated < 0 ? crypto.namedGroup() : negotiated);
  }

  /// Whether the session goes back to an earlier handshake.
  private boolean endResumption(SecurityParameters parameters) throws IOException {
    if (resumption == null || authentication == null) {
      ClientSessions sessions = resources.sessions();
      postHandshake =
          ClientResumption.ignoring(sessions, sessions.scope(request, keyring), parameters);
      return false;
    }
    ClientSession resumed = resumption.resumed(parameters);
    PeerIdentity server = authentication.identity();
    long expiresMs = authentication.expiresMs();
    if (resumed != null) {
      // The certificate was not shown again.
      server = resumed.server();
      expiresMs = resumed.expiresMs();
    }
    if (resumed != null && server != null) {
      agreement.setPeerid(resources.verifier().remember(server));
    }
    postHandshake = resumption.complete(parameters, server, expiresMs);
    return resumed != null;
  }

  private List<PreSharedKey> psks() {
    if (psks.isEmpty()) {
      for (KeySerial serial : request.myPeerids()) {
        keyring.psk(serial).ifPresent(psks::add);
      }
    }
    return psks;
  }

  /// @throws Refusal when the keyring holds none of the keys to prove
  void requireKeys() throws Refusal {
    if (request.kind().isPsk() && psks().isEmpty()) {
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.NO_PSK,
          "keyring " + keyring.name() + " holds none of the pre-shared keys asked for");
    }
  }

  @Override
  public void notifySelectedPSK(@Nullable TlsPSK selected) throws IOException {
    if (!request.kind().isPsk()) {
      if (resumption != null && selected != null) {
        resumption.notifySelected();
      }
      return;
    }
    byte[] identity = selected == null ? new byte[0] : selected.getIdentity();
    PreSharedKey psk =
        psks().stream()
            .filter(known -> Arrays.equals(known.identityBytes(), identity))
            .findFirst()
            .orElseThrow(() ->
                new Refusal(
                    AlertDescription.handshake_failure,
                    FailureReason.PSK_REJECTED_BY_PEER,
                    "server chose none of the pre-shared keys that were offered"));
    agreement.setPeerid(psk.serial());
  }

  /// TLS 1.2.
  @Override
  public @Nullable TlsSession getSessionToResume() {
    return resumption == null ? null : resumption.sessionTls12();
  }

  @Override
  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's type.
  public Hashtable getClientExtensions() throws IOException {
    Hashtable extensions = super.getClientExtensions();
    if (resumption != null && policy.allows(TlsVersion.TLS_1_2)) {
      extensions.put(SESSION_TICKET, resumption.ticketTls12());
    }
    if (resumption != null && policy.allows(TlsVersion.TLS_1_3)) {
      // Bouncy Castle says so only when it has a ticket already; without it servers give none.
      TlsExtensionsUtils.addPSKKeyExchangeModesExtension(
          extensions, new short[] {PskKeyExchangeMode.psk_dhe_ke});
    }
    return extensions;
  }

  @Override
  public void notifyNewSessionTicket(NewSessionTicket ticket) {
    if (resumption != null) {
      resumption.notifyTicketTls12(ticket);
    }
  }

  @Override
  public void notifySecureRenegotiation(boolean secureRenegotiation) throws IOException {
    if (!secureRenegotiation) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SECURE_RENEGOTIATION,
          "server does not signal RFC 5746 in TLS 1.2");
    }
  }

  @Override
  public TlsAuthentication getAuthentication() {
    if (authentication == null) {
      throw new IllegalStateException("not begun");
    }
    return authentication;
  }

  @Override
  public void notifyAlertReceived(short level, short description) {
    peerLeft |= level == AlertLevel.warning && description == AlertDescription.close_notify;
  }

  /// The only moment at which the secrets are complete and still there.
  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    SecurityParameters parameters = context.getSecurityParametersConnection();
    Suite suite = Suite.of(parameters.getCipherSuite());
    boolean resumed = endResumption(parameters);
    agreement.complete(
        context,
        new Session(
            suite.version(),
            suite.name(),
            group(parameters, resumed),
            serverName(),
            Optional.ofNullable(parameters.getApplicationProtocol())
                .map(ProtocolName::getUtf8Decoding)
                .orElse(null),
            resumed,
            RecordSizeLimit.NONE.maxPayload()));
  }
}
