package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.TrustSet;
import io.sallyport.ticket.PeerCertificate;
import io.sallyport.trust.PathValidator;
import io.sallyport.trust.Purpose;
import io.sallyport.trust.Verdict;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.stream.LongStream;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.Certificate;

/// Verifies the certificates of peers, and gives serials to those that it trusts.
///
/// Any thread. Forgets what it has made of a trust set with the set.
final class PeerVerifier {
  private final KeyringStore store;
  private final InstantSource clock;
  private final Map<TrustSet, PathValidator> clients =
      Collections.synchronizedMap(new WeakHashMap<>());
  private final Map<TrustSet, PathValidator> servers =
      Collections.synchronizedMap(new WeakHashMap<>());

  PeerVerifier(KeyringStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /// The path from a client's certificate to an anchor of `trust`.
  ///
  /// @throws Refusal when there is none
  Verdict.Trusted verifyClient(TrustSet trust, Certificate chain) throws Refusal {
    return verify(validator(clients, trust, Purpose.CLIENT_AUTH), chain);
  }

  /// The path from a server's certificate to an anchor of `trust`.
  ///
  /// @throws Refusal when there is none
  Verdict.Trusted verifyServer(TrustSet trust, Certificate chain) throws Refusal {
    return verify(validator(servers, trust, Purpose.SERVER_AUTH), chain);
  }

  private PathValidator validator(
      Map<TrustSet, PathValidator> validators, TrustSet trust, Purpose purpose) {
    return validators.computeIfAbsent(
        trust, set -> new PathValidator(set.anchors(), set.crls(), purpose, clock));
  }

  private static Verdict.Trusted verify(PathValidator validator, Certificate chain) throws Refusal {
    return switch (validator.validate(encoded(chain))) {
      case Verdict.Trusted trusted -> trusted;
      case Verdict.Untrusted untrusted ->
          throw new Refusal(untrusted.alert(), untrusted.reason(), untrusted.detail());
    };
  }

  private static List<byte[]> encoded(Certificate chain) throws Refusal {
    List<byte[]> encoded = new ArrayList<>();
    try {
      for (int i = 0; i < chain.getLength(); i++) {
        encoded.add(chain.getCertificateAt(i).getEncoded());
      }
    } catch (IOException e) {
      throw malformed();
    }
    return encoded;
  }

  /// Who the owner of a verified certificate is.
  static PeerIdentity identity(X509Certificate certificate) throws Refusal {
    try {
      return PeerIdentity.of(certificate);
    } catch (CertificateParsingException e) {
      throw malformed();
    }
  }

  /// The serial of a peer that is verified: the `peerid` of a handshake.
  KeySerial remember(PeerIdentity peer) {
    return store.addPeer(peer);
  }

  /// Until when a verdict may be relied on, in milliseconds of the epoch: the first certificate of
  /// the path, or the first CRL that is current, is not valid any more then.
  long expiresMs(TrustSet trust, Verdict.Trusted trusted) {
    long now = clock.millis();
    LongStream certificates =
        trusted.path().stream()
            .mapToLong(certificate -> certificate.getNotAfter().toInstant().toEpochMilli());
    LongStream crls =
        trust.crls().stream()
            .filter(crl -> crl.getNextUpdate() != null)
            .mapToLong(crl -> crl.getNextUpdate().toInstant().toEpochMilli())
            .filter(nextUpdate -> nextUpdate > now);
    return LongStream.concat(certificates, crls).min().orElseThrow();
  }

  /// A verified certificate as a ticket remembers it: it counts as long as the verdict on it.
  PeerCertificate ticketForm(TrustSet trust, Verdict.Trusted trusted) throws Refusal {
    try {
      return new PeerCertificate(trusted.leaf().getEncoded(), expiresMs(trust, trusted));
    } catch (CertificateEncodingException e) {
      throw malformed();
    }
  }

  /// The serial of a certificate that came back in a ticket.
  KeySerial remember(PeerCertificate certificate) throws Refusal {
    try {
      return remember(
          identity(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(certificate.der()))));
    } catch (CertificateException e) {
      throw malformed();
    }
  }

  private static Refusal malformed() {
    return new Refusal(
        AlertDescription.bad_certificate,
        FailureReason.CERTIFICATE_MALFORMED,
        "peer sent a certificate that cannot be read");
  }
}
