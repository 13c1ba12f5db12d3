package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.TrustSet;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.trust.AllowedNames;
import io.sallyport.trust.Verdict;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Vector;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.ClientCertificateType;
import org.bouncycastle.tls.TlsUtils;
import org.jspecify.annotations.Nullable;

/// What a server asks of a client's certificate, and whether the one that came will do. Confined to
/// one handshake.
final class ClientVerification {
  /// Names of issuers that help a client to choose; a longer list would burst its buffers.
  private static final int AUTHORITIES_MAX = 64;

  private final ClientAuth auth;
  private final Keyring keyring;
  private final PeerVerifier verifier;

  ClientVerification(ClientAuth auth, Keyring keyring, PeerVerifier verifier) {
    this.auth = auth;
    this.keyring = keyring;
    this.verifier = verifier;
  }

  /// The request for a certificate; null when none is asked for.
  @Nullable CertificateRequest request(TlsVersion version) throws IOException {
    if (auth.mode() == ClientAuth.Mode.NONE) {
      return null;
    }
    Vector<X500Name> authorities = authorities(trust());
    return switch (version) {
      case TLS_1_3 ->
          new CertificateRequest(
              TlsUtils.EMPTY_BYTES,
              SchemeChoice.verified(),
              null,
              authorities.isEmpty() ? null : authorities);
      case TLS_1_2 ->
          new CertificateRequest(
              new short[] {ClientCertificateType.ecdsa_sign, ClientCertificateType.rsa_sign},
              SchemeChoice.verified(),
              authorities);
    };
  }

  /// Whom the keyring trusts.
  TrustSet trust() throws Refusal {
    return keyring
        .clientTrust()
        .orElseThrow(() ->
            new Refusal(
                AlertDescription.internal_error,
                FailureReason.NO_TRUST_ANCHORS,
                "keyring " + keyring.name() + " holds no client-ca to verify clients with"));
  }

  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  private static Vector<X500Name> authorities(TrustSet trust) {
    List<X509Certificate> anchors = trust.anchors();
    return anchors.size() > AUTHORITIES_MAX
        ? new Vector<>()
        : anchors.stream()
            .map(anchor -> X500Name.getInstance(anchor.getSubjectX500Principal().getEncoded()))
            .collect(Collectors.toCollection(Vector::new));
  }

  /// The path of the client's verified certificate; null when it has none and needs none.
  ///
  /// @throws Refusal when it will not do
  Verdict.@Nullable Trusted verify(@Nullable Certificate chain, TlsVersion version) throws Refusal {
    if (chain == null || chain.isEmpty()) {
      if (auth.mode() == ClientAuth.Mode.REQUIRED) {
        throw new Refusal(
            version == TlsVersion.TLS_1_3
                ? AlertDescription.certificate_required
                : AlertDescription.handshake_failure,
            FailureReason.CERTIFICATE_MISSING,
            "client sent no certificate, expected one of keyring "
                + keyring.name()
                + "'s client-ca");
      }
      return null;
    }
    Verdict.Trusted trusted = verifier.verifyClient(trust(), chain);
    if (!auth.names().isEmpty() && !new AllowedNames(auth.names()).allow(trusted.leaf())) {
      throw new Refusal(
          AlertDescription.access_denied,
          FailureReason.CERTIFICATE_NOT_ALLOWED,
          "client's certificate is trusted, but none of its names is let in by client-names");
    }
    return trusted;
  }
}
