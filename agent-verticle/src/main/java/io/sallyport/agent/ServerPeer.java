package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.Keyring;
import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import java.util.Vector;
import java.util.stream.Stream;
import org.bouncycastle.tls.AbstractTlsServer;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.AlertLevel;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.ServerName;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.jspecify.annotations.Nullable;

/// The decisions of a server in one handshake: version, certificate, cipher suite, group,
/// application protocol. Bouncy Castle asks for them in the order of a handshake, which is the
/// order of the methods here.
///
/// Confined to its [Handshake].
final class ServerPeer extends AbstractTlsServer implements HandshakePeer {
  private final HandshakeRequest request;
  private final TlsPolicy policy;
  private final Keyring keyring;
  private final ServerChains chains;
  private final int[] groups;
  private final Agreement agreement = new Agreement();

  private @Nullable String serverName;
  private int group = -1;
  private @Nullable ServerSelection selection;
  private RecordSizeLimit recordSizeLimit = RecordSizeLimit.NONE;
  private boolean earlyDataOffered;
  private boolean peerLeft;

  /// @param keyring retained by the caller as long as this is in use
  ServerPeer(TlsCrypto crypto, HandshakeRequest request, Keyring keyring, ServerChains chains) {
    super(crypto);
    this.request = request;
    policy = request.policy();
    this.keyring = keyring;
    this.chains = chains;
    groups = policy.groups().stream().mapToInt(Group::number).toArray();
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

  @Override
  public PeerFacts facts(byte[] hello) {
    return PeerFacts.NONE;
  }

  /// Bytes of a handshake message that fit in one record.
  int recordSize() {
    return recordSizeLimit.maxPayload();
  }

  // ---- What Bouncy Castle asks.

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return Stream.of(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2)
        .filter(policy::allows)
        .map(ServerPeer::protocolVersion)
        .toArray(ProtocolVersion[]::new);
  }

  private static ProtocolVersion protocolVersion(TlsVersion version) {
    return switch (version) {
      case TLS_1_2 -> ProtocolVersion.TLSv12;
      case TLS_1_3 -> ProtocolVersion.TLSv13;
    };
  }

  @Override
  protected int[] getSupportedCipherSuites() {
    return Arrays.stream(Suite.values())
        .filter(suite -> policy.allows(suite.version()))
        .mapToInt(Suite::number)
        .toArray();
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
    return groups.clone();
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

  @Override
  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's types are raw.
  public void processClientExtensions(Hashtable clientExtensions) throws IOException {
    super.processClientExtensions(clientExtensions);
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
  @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's types.
  protected Vector getProtocolNames() {
    Vector<ProtocolName> names = new Vector<>();
    policy.alpn().forEach(name -> names.add(ProtocolName.asUtf8Encoding(name)));
    return names;
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
    ClientOffer offer = ClientOffer.of(parameters, offeredCipherSuites);
    if (!offer.hasSuite()) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SHARED_CIPHER_SUITE,
          "no shared cipher suite");
    }
    CertifiedKey key = selectCertificate(offer);
    ServerSelection selected = offer.selection(key);
    if (selected == null) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SHARED_SIGNATURE_SCHEME,
          "client can verify no certificate of keyring " + keyring.name() + " for this name");
    }
    selection = selected;
    selectedCipherSuite = selected.suite().number();
    return selectedCipherSuite;
  }

  /// The client's first group that is also ours; -1 for none. A TLS 1.2 client without the
  /// extension takes any (RFC 8422 §4), and P-256 is the one that all have.
  private int selectGroup() {
    int[] offered = context.getSecurityParametersHandshake().getClientSupportedGroups();
    if (offered == null) {
      return TlsUtils.isTLSv13(context) ? -1 : NamedGroup.secp256r1;
    }
    return Arrays.stream(offered)
        .filter(group -> Arrays.stream(groups).anyMatch(own -> own == group))
        .findFirst()
        .orElse(-1);
  }

  private CertifiedKey selectCertificate(ClientOffer offer) throws Refusal {
    if (request.myCert().isNone()) {
      if (policy.strictSni() && (serverName == null || !keyring.names(serverName))) {
        throw new Refusal(
            AlertDescription.unrecognized_name,
            FailureReason.UNKNOWN_SERVER_NAME,
            "no certificate of keyring "
                + keyring.name()
                + (serverName == null ? " without a server name" : " is for this name"));
      }
      return keyring
          .select(serverName, key -> offer.selection(key) != null)
          .or(() -> keyring.certificates().stream().findFirst())
          .orElseThrow(() -> noKey("keyring " + keyring.name() + " holds no certificate"));
    }
    CertifiedKey key =
        keyring
            .certificate(request.myCert())
            .orElseThrow(() ->
                noKey("keyring " + keyring.name() + " holds no certificate " + request.myCert()));
    if (!key.privateKey().equals(request.myPrivkey())) {
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.KEY_MISMATCH,
          "private key "
              + request.myPrivkey()
              + " does not belong to certificate "
              + request.myCert());
    }
    return key;
  }

  private static Refusal noKey(String reason) {
    return new Refusal(AlertDescription.internal_error, FailureReason.NO_CERTIFICATE, reason);
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
    return extensions;
  }

  @Override
  public TlsECConfig getECDHConfig() {
    return new TlsECConfig(group);
  }

  @Override
  public TlsCredentials getCredentials() throws IOException {
    ServerSelection selected = selection;
    if (selected == null) {
      throw new Refusal(
          AlertDescription.internal_error, FailureReason.INTERNAL, "no certificate was selected");
    }
    return selected.credentials(context, chains);
  }

  /// There is no OCSP response to staple.
  @Override
  protected boolean allowCertificateStatus() {
    return false;
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
    agreement.complete(
        context,
        new Session(
            suite.version(),
            suite.name(),
            NamedGroup.getName(group),
            serverName,
            Optional.ofNullable(parameters.getApplicationProtocol())
                .map(ProtocolName::getUtf8Decoding)
                .orElse(null),
            recordSize()));
  }
}
