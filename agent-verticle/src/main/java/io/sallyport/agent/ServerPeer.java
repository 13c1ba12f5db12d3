package io.sallyport.agent;

import io.sallyport.audit.KeyUse.Operation;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.Keyring;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ticket.SessionTicket;
import io.sallyport.ticket.TicketSealer;
import io.sallyport.trust.Verdict;
import java.io.IOException;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import java.util.Vector;
import org.bouncycastle.tls.AbstractTlsServer;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.AlertLevel;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.CertificateStatus;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.NewSessionTicket;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.ServerName;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.TlsSession;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.jspecify.annotations.Nullable;

/// The decisions of a server in one handshake: version, certificate, cipher suite, group,
/// application protocol, and whether the client is who it must be. Bouncy Castle asks for them in
/// the order of a handshake, which is the order of the methods here.
///
/// Confined to its [Handshake].
final class ServerPeer extends AbstractTlsServer implements HandshakePeer {
  private final JdkTlsCrypto crypto;
  private final HandshakeRequest request;
  private final TlsPolicy policy;
  private final Keyring keyring;
  private final AgentResources resources;

  /// The groups that Bouncy Castle chooses from. It keeps this array and looks into it after
  /// [#getSelectedCipherSuite()], which leaves in it the one that was selected.
  private final int[] selectable;

  private final CertificateSelection certificates;
  private final ClientVerification clients;
  private final PskSelection psks;

  /// Null where no session can be resumed.
  private final @Nullable ServerTickets tickets;

  private final Agreement agreement = new Agreement();

  private @Nullable ClientHello hello;
  private @Nullable String serverName;
  private @Nullable KeyShares keyShares;
  private int group = -1;
  private @Nullable ServerSelection selection;
  private RecordSizeLimit recordSizeLimit = RecordSizeLimit.NONE;
  private String clientCertificate = "";
  private boolean earlyDataOffered;
  private boolean peerLeft;

  /// @param keyring retained by the caller as long as this is in use
  ServerPeer(
      JdkTlsCrypto crypto, HandshakeRequest request, Keyring keyring, AgentResources resources) {
    super(crypto);
    this.crypto = crypto;
    this.request = request;
    policy = request.policy();
    this.keyring = keyring;
    this.resources = resources;
    selectable = PeerSettings.groups(policy);
    certificates = new CertificateSelection(request, keyring);
    clients = new ClientVerification(policy.clientAuth(), keyring, resources.verifier());
    psks = new PskSelection(keyring, request.myPeerids());
    tickets = hasTickets() ? tickets(crypto) : null;
  }

  private boolean hasTickets() {
    return !policy.ticketLifetime().isZero() && !request.kind().isPsk();
  }

  private ServerTickets tickets(JdkTlsCrypto crypto) {
    TicketSealer sealer = resources.tickets().sealer(keyring.name(), policy.ticketLifetime());
    return new ServerTickets(
        request, keyring, certificates, resources.bindings(), new Resumption(sealer, crypto));
  }

  // ---- What a handshake asks.

  @Override
  public Agreement agreement() {
    return agreement;
  }

  @Override
  public boolean speaksFirst() {
    return false;
  }

  @Override
  public boolean hasPeerLeft() {
    return peerLeft;
  }

  @Override
  public @Nullable SecurityParameters parameters() {
    return context.getSecurityParametersHandshake();
  }

  @Override
  public boolean offersEarlyData() {
    return earlyDataOffered;
  }

  /// Only the client's Finished is left behind the server's flight of TLS 1.3, unless 0-RTT data
  /// comes before it: each record of that costs a decryption. In a full handshake of TLS 1.2 the
  /// key exchange comes before it; a resumed one has no group, and was cheaper with the agent.
  @Override
  public boolean isLastFlightLight() {
    SecurityParameters parameters = parameters();
    if (parameters == null) {
      return false;
    }
    if (ProtocolVersion.TLSv12.equals(parameters.getNegotiatedVersion())) {
      KeyExchangeGroup selected = KeyExchangeGroup.of(group);
      return selected != null && selected.isLight();
    }
    return expectsEncryption() && !earlyDataOffered;
  }

  @Override
  public boolean ticketsWait() {
    return tickets != null && tickets.waits();
  }

  @Override
  public PeerFacts facts(byte[] hello) {
    return ClientHello.parse(hello)
        .map(offer ->
            new PeerFacts(
                offer.serverName().orElse(""),
                OfferedNames.alpn(offer),
                OfferedNames.versions(offer),
                OfferedNames.groups(offer.groups()),
                Ja4.of(offer),
                clientCertificate))
        .orElse(PeerFacts.NONE);
  }

  @Override
  public byte[] messages() {
    return tickets == null ? new byte[0] : tickets.messages();
  }

  @Override
  public PostHandshake postHandshake() {
    return PostHandshake.NONE;
  }

  @Override
  public void close() {
    agreement.close();
    if (tickets != null) {
      tickets.close();
    }
  }

  // ---- What the protocol sees.

  /// A ClientHello came, before Bouncy Castle asks anything about it.
  ///
  /// @param first the body of the first one, be it this or not: what a second one says does not
  ///   count
  void notifyClientHello(byte[] first) {
    psks.forget();
    if (hello == null) {
      hello = ClientHello.parse(first).orElse(null);
    }
    if (tickets != null) {
      tickets.notifyClientHello(hello);
    }
  }

  /// The first ClientHello; null before it, and when it cannot be read.
  @Nullable ClientHello hello() {
    return hello;
  }

  /// A piece of the client's handshake messages came.
  void notifyReceived(byte[] content, int offset, int length) {
    if (tickets != null) {
      tickets.transcript().client(content, offset, length);
    }
  }

  /// A piece of the server's handshake messages goes out.
  void notifySent(byte[] content, int offset, int length) {
    if (tickets != null) {
      tickets.transcript().server(content, offset, length);
    }
  }

  /// Bytes of a handshake message that fit in one record.
  int recordSize() {
    return recordSizeLimit.maxPayload();
  }

  // ---- What Bouncy Castle asks.

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
  public ProtocolVersion getServerVersion() throws IOException {
    for (ProtocolVersion own : getProtocolVersions()) {
      if (ProtocolVersion.contains(context.getClientSupportedVersions(), own)) {
        return own;
      }
    }
    throw new Refusal(
        AlertDescription.protocol_version,
        FailureReason.NO_SHARED_VERSION,
        "no shared protocol version: client offers "
            + Arrays.toString(context.getClientSupportedVersions()));
  }

  @Override
  public int[] getSupportedGroups() {
    return selectable;
  }

  @Override
  public void notifySecureRenegotiation(boolean secureRenegotiation) throws IOException {
    if (!secureRenegotiation) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SECURE_RENEGOTIATION,
          "client does not signal RFC 5746 in TLS 1.2");
    }
  }

  /// TLS 1.3 asks for the pre-shared key before anything else.
  @Override
  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's types are raw.
  public @Nullable TlsPSKExternal getExternalPSK(Vector identities) {
    if (request.kind().isPsk()) {
      return psks.choose((Vector<PskIdentity>) identities, crypto);
    }
    return tickets == null
        ? null
        : tickets.acceptTls13(
            (Vector<PskIdentity>) identities,
            offeredCipherSuites,
            offeredGroups(),
            selection == null ? null : selection.suite());
  }

  private int @Nullable [] offeredGroups() {
    return context.getSecurityParametersHandshake().getClientSupportedGroups();
  }

  /// TLS 1.2 asks for the session of a ticket at that point.
  @Override
  public @Nullable TlsSession getSessionToResume(byte[] sessionId) {
    return tickets == null
        ? null
        : tickets.acceptTls12(sessionId, offeredCipherSuites, offeredGroups());
  }

  @Override
  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's types are raw.
  public void processClientExtensions(Hashtable clientExtensions) throws IOException {
    super.processClientExtensions(clientExtensions);
    keyShares = TlsUtils.isTLSv13(context) ? KeyShares.of(clientExtensions) : null;
    recordSizeLimit =
        RecordSizeLimit.of(clientExtensions, maxFragmentLengthOffered, TlsUtils.isTLSv13(context));
    if (recordSizeLimit.answered()) {
      maxFragmentLengthOffered = -1;
    }
    earlyDataOffered =
        TlsUtils.isTLSv13(context) && TlsExtensionsUtils.hasEarlyDataIndication(clientExtensions);
    Vector names = context.getSecurityParametersHandshake().getClientServerNames();
    serverName = names == null ? null : HostName.of((List<ServerName>) names);
  }

  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  protected Vector getProtocolNames() {
    return PeerSettings.protocolNames(policy);
  }

  @Override
  protected @Nullable ProtocolName selectProtocolName() throws IOException {
    if (policy.alpn().isEmpty()) {
      return null;
    }
    ProtocolName selected = selectProtocolName(clientProtocolNames, getProtocolNames());
    if (selected == null) {
      throw new Refusal(
          AlertDescription.no_application_protocol,
          FailureReason.NO_SHARED_APPLICATION_PROTOCOL,
          "no shared application protocol (ALPN)");
    }
    return selected;
  }

  /// Decides group, certificate and suite together: in TLS 1.2 each depends on the others.
  @Override
  public int getSelectedCipherSuite() throws IOException {
    SecurityParameters parameters = context.getSecurityParametersHandshake();
    group = selectGroup();
    if (group < 0) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SHARED_GROUP,
          "no shared group for the key exchange");
    }
    int[] suites = tickets == null ? offeredCipherSuites : tickets.compatible(offeredCipherSuites);
    ClientOffer offer = ClientOffer.of(parameters, suites);
    selectedCipherSuite = select(offer).number();
    return selectedCipherSuite;
  }

  private Suite select(ClientOffer offer) throws Refusal {
    if (request.kind().isPsk()) {
      if (offer.version() == TlsVersion.TLS_1_3) {
        psks.requireChosen();
      }
      return shared(Suite.selectForPsk(offer.version(), offer.suites()));
    }
    if (!offer.hasSuite()) {
      return shared(null);
    }
    ServerSelection selected = certificates.select(serverName, offer);
    selection = selected;
    return selected.suite();
  }

  private static Suite shared(@Nullable Suite suite) throws Refusal {
    if (suite == null) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SHARED_CIPHER_SUITE,
          "no shared cipher suite");
    }
    return suite;
  }

  /// -1 for none.
  private int selectGroup() throws Refusal {
    int[] offered = context.getSecurityParametersHandshake().getClientSupportedGroups();
    return keyShares == null ? selectGroup12(offered) : selectGroup13(keyShares, offered);
  }

  private int selectGroup13(KeyShares shares, int @Nullable [] offered) throws Refusal {
    if (offered == null) {
      throw new Refusal(
          AlertDescription.missing_extension,
          FailureReason.MISSING_EXTENSION,
          "client sent no supported_groups extension");
    }
    KeyExchangeGroup selected = shares.select(offered, policy.groups());
    if (selected == null) {
      return -1;
    }
    Arrays.fill(selectable, selected.number());
    return selected.number();
  }

  /// The client's first group that is also ours. A client without the extension takes any (RFC 8422
  /// §4), and P-256 is the one that all have.
  private int selectGroup12(int @Nullable [] offered) {
    if (offered == null) {
      return isAllowed(NamedGroup.secp256r1) ? NamedGroup.secp256r1 : -1;
    }
    return Arrays.stream(offered)
        .filter(this::isAllowed)
        .filter(group -> NamedGroup.canBeNegotiated(group, ProtocolVersion.TLSv12))
        .findFirst()
        .orElse(-1);
  }

  private boolean isAllowed(int group) {
    KeyExchangeGroup known = KeyExchangeGroup.of(group);
    return known != null && policy.groups().contains(known.group());
  }

  @Override
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  public Hashtable getServerExtensions() throws IOException {
    Hashtable extensions = super.getServerExtensions();
    if (serverName != null && keyring.names(serverName)) {
      // RFC 6066 §3: whoever uses the name says so.
      TlsExtensionsUtils.addServerNameExtensionServer(extensions);
    }
    recordSizeLimit.answer(extensions, TlsUtils.isTLSv13(context));
    if (givesTicketTls12()) {
      TlsExtensionsUtils.addEmptyExtensionData(extensions, ExtensionType.session_ticket);
    }
    int[] preferred = PeerSettings.groups(policy);
    if (keyShares != null && group != preferred[0]) {
      // RFC 9846 §4.3.7, 8446 §4.2.7: so that the client may send a better share the next time.
      TlsExtensionsUtils.addSupportedGroupsExtension(extensions, preferred);
    }
    return extensions;
  }

  private boolean givesTicketTls12() {
    return tickets != null
        && !TlsUtils.isTLSv13(context)
        && tickets.givesTicketTls12(context.getSecurityParametersHandshake());
  }

  @Override
  public NewSessionTicket getNewSessionTicket() throws IOException {
    ServerSelection selected = selection;
    if (tickets == null || selected == null) {
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.INTERNAL,
          "a ticket was promised that is not to be");
    }
    SecurityParameters parameters = context.getSecurityParametersHandshake();
    return tickets.newTicketTls12(
        parameters, selected, serverName, applicationProtocol(parameters));
  }

  private static @Nullable String applicationProtocol(SecurityParameters parameters) {
    return Optional.ofNullable(parameters.getApplicationProtocol())
        .map(ProtocolName::getUtf8Decoding)
        .orElse(null);
  }

  @Override
  public TlsECConfig getECDHConfig() {
    return new TlsECConfig(group);
  }

  /// Null where a pre-shared key authenticates.
  @Override
  public @Nullable TlsCredentials getCredentials() {
    ServerSelection selected = selection;
    if (selected == null) {
      return null;
    }
    ServerChains.Chain chain = resources.chains().of(selected.key());
    return selected
        .signer(purpose(), audit())
        .credentials(context, TlsUtils.isTLSv13(context) ? stapled(chain).tls13() : chain.tls12());
  }

  private SignatureAudit audit() {
    return new SignatureAudit(
        resources.audit(),
        request,
        TlsUtils.isTLSv13(context)
            ? Operation.TLS13_CERTIFICATE_VERIFY
            : Operation.TLS12_SERVER_KEY_EXCHANGE);
  }

  private KeyPurpose purpose() {
    String name = serverName;
    return new KeyPurpose(request.consumer(), name == null ? "" : name);
  }

  /// TLS 1.3 staples to the certificate itself (RFC 9846 §4.5.1).
  private ServerChains.Chain stapled(ServerChains.Chain chain) {
    return context.getSecurityParametersHandshake().getStatusRequestVersion() > 0
        ? chain.stapledAt(resources.clock().instant())
        : chain;
  }

  @Override
  protected boolean allowCertificateStatus() {
    return certificateStatus().isPresent();
  }

  @Override
  public @Nullable CertificateStatus getCertificateStatus() {
    return certificateStatus().orElse(null);
  }

  private Optional<CertificateStatus> certificateStatus() {
    return Optional.ofNullable(selection)
        .flatMap(
            selected -> resources.chains().of(selected.key()).status(resources.clock().instant()));
  }

  @Override
  public @Nullable CertificateRequest getCertificateRequest() throws IOException {
    if (tickets != null && tickets.accepted() != null) {
      // It is asked for in full handshakes only.
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.INTERNAL,
          "a full handshake that was taken for a resumed one");
    }
    return selection == null ? null : clients.request(selection.suite().version());
  }

  @Override
  public void notifyClientCertificate(@Nullable Certificate chain) throws IOException {
    TlsVersion version =
        PeerSettings.version(context.getSecurityParametersHandshake().getNegotiatedVersion());
    clientCertificate = CertificateDigest.of(chain);
    Verdict.Trusted trusted = clients.verify(chain, version);
    if (trusted != null) {
      agreement.setPeerid(resources.verifier().remember(PeerVerifier.identity(trusted.leaf())));
      if (tickets != null) {
        tickets.notifyClient(resources.verifier().ticketForm(clients.trust(), trusted));
      }
    }
  }

  @Override
  public TlsPSKIdentityManager getPSKIdentityManager() {
    return psks;
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
    if (request.kind().isPsk()) {
      agreement.setPeerid(psks.requireChosen().serial());
    }
    endTickets(parameters);
    agreement.complete(
        context,
        new Session(
            suite.version(),
            suite.name(),
            group < 0 ? "none" : NamedGroup.getName(group),
            serverName,
            applicationProtocol(parameters),
            tickets != null && tickets.accepted() != null,
            recordSize()));
  }

  private void endTickets(SecurityParameters parameters) throws IOException {
    if (tickets == null) {
      return;
    }
    tickets.complete(parameters, selection, serverName, applicationProtocol(parameters));
    SessionTicket ticket = tickets.accepted();
    if (ticket != null && ticket.facts().peer() != null) {
      agreement.setPeerid(resources.verifier().remember(ticket.facts().peer()));
    }
  }
}
