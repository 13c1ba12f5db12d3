package io.sallyport.agent;

import io.sallyport.audit.KeyUse.Operation;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeyType;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.keyring.TrustSet;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.trust.ReferenceIdentity;
import io.sallyport.trust.Verdict;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Vector;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.ClientCertificateType;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsServerCertificate;
import org.jspecify.annotations.Nullable;

/// Whether the server is the one that a client means to reach, and what the client shows of itself.
/// Confined to one handshake.
final class ServerAuthentication implements TlsAuthentication {
  private final TlsContext context;
  private final HandshakeRequest request;
  private final Keyring keyring;
  private final AgentResources resources;
  private final Agreement agreement;
  private String serverCertificate = "";
  private @Nullable PeerIdentity identity;
  private long expiresMs = Long.MAX_VALUE;

  ServerAuthentication(
      TlsContext context,
      HandshakeRequest request,
      Keyring keyring,
      AgentResources resources,
      Agreement agreement) {
    this.context = context;
    this.request = request;
    this.keyring = keyring;
    this.resources = resources;
    this.agreement = agreement;
  }

  /// SHA-256 of the server's certificate; empty before it came.
  String serverCertificate() {
    return serverCertificate;
  }

  /// Who the server proved to be; null before that, and where nobody asks.
  @Nullable PeerIdentity identity() {
    return identity;
  }

  /// When the path of the server's certificate expires, in milliseconds of the epoch.
  long expiresMs() {
    return expiresMs;
  }

  @Override
  public void notifyServerCertificate(TlsServerCertificate server) throws IOException {
    serverCertificate = CertificateDigest.of(server.getCertificate());
    if (request.kind() == HandshakeKind.CLIENT_HELLO_ANON) {
      return;
    }
    Verdict.Trusted trusted = resources.verifier().verifyServer(trust(), server.getCertificate());
    X509Certificate leaf = trusted.leaf();
    String host = Objects.requireNonNull(request.peername());
    if (!fits(leaf, host)) {
      String detail =
          "server's certificate (" + leaf.getSubjectX500Principal() + ") is not for " + host;
      short alert = new Verdict.Untrusted(FailureReason.CERTIFICATE_WRONG_HOST, detail).alert();
      throw new Refusal(alert, FailureReason.CERTIFICATE_WRONG_HOST, detail);
    }
    expiresMs = resources.verifier().expiresMs(trust(), trusted);
    identity = PeerVerifier.identity(leaf);
    agreement.setPeerid(resources.verifier().remember(identity));
  }

  private static boolean fits(X509Certificate leaf, String host) {
    try {
      return ReferenceIdentity.of(host).fits(leaf);
    } catch (IllegalArgumentException _) {
      // What is no host name cannot be verified.
      return false;
    }
  }

  private TrustSet trust() throws Refusal {
    return keyring
        .serverTrust()
        .orElseThrow(() ->
            new Refusal(
                AlertDescription.internal_error,
                FailureReason.NO_TRUST_ANCHORS,
                "keyring " + keyring.name() + " holds no server-ca to verify servers with"));
  }

  /// Null where the client has nothing that this server accepts: the server decides what that
  /// means.
  @Override
  public @Nullable TlsCredentials getClientCredentials(CertificateRequest wanted)
      throws IOException {
    if (request.kind() == HandshakeKind.CLIENT_HELLO_ANON) {
      return null;
    }
    TlsVersion version =
        PeerSettings.version(context.getSecurityParametersHandshake().getNegotiatedVersion());
    List<Integer> schemes = SchemeChoice.numbers(wanted.getSupportedSignatureAlgorithms());
    for (CertifiedKey key : candidates(wanted)) {
      KeyType type = key.signingKey().type();
      SignatureScheme scheme = SchemeChoice.of(version, type, schemes, null);
      if (scheme != null && accepts(wanted, type)) {
        ServerChains.Chain chain = resources.chains().of(key);
        return new CertificateSigner(key, scheme, purpose(), audit(version))
            .credentials(
                context,
                switch (version) {
                  case TLS_1_2 -> chain.tls12();
                  case TLS_1_3 -> chain.tls13(wanted.getCertificateRequestContext());
                });
      }
    }
    return null;
  }

  private SignatureAudit audit(TlsVersion version) {
    return new SignatureAudit(
        resources.audit(),
        request,
        switch (version) {
          case TLS_1_3 -> Operation.TLS13_CERTIFICATE_VERIFY;
          case TLS_1_2 -> Operation.TLS12_CERTIFICATE_VERIFY;
        });
  }

  private KeyPurpose purpose() {
    String host = request.peername();
    return new KeyPurpose(request.consumer(), host == null ? "" : host);
  }

  /// Those of an issuer that the server names come first.
  private List<CertifiedKey> candidates(CertificateRequest wanted) throws Refusal {
    if (!request.myCert().isNone()) {
      return List.of(new CertificateSelection(request, keyring).requested());
    }
    return keyring.certificates().stream()
        .sorted(Comparator.comparing(key -> !isOfNamedIssuer(key, wanted)))
        .toList();
  }

  @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
  private static boolean isOfNamedIssuer(CertifiedKey key, CertificateRequest wanted) {
    Vector authorities = wanted.getCertificateAuthorities();
    return authorities != null
        && key.chain().stream()
            .map(link -> X500Name.getInstance(link.getIssuerX500Principal().getEncoded()))
            .anyMatch(authorities::contains);
  }

  /// TLS 1.2 names kinds of keys as well (RFC 5246 §7.4.4).
  private static boolean accepts(CertificateRequest wanted, KeyType type) {
    short[] types = wanted.getCertificateTypes();
    if (types == null) {
      return true;
    }
    short needed =
        type.isEcdsa() ? ClientCertificateType.ecdsa_sign : ClientCertificateType.rsa_sign;
    for (short offered : types) {
      if (offered == needed) {
        return true;
      }
    }
    return false;
  }
}
