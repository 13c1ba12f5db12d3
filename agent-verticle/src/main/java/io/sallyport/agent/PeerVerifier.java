package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.TrustSet;
import io.sallyport.trust.PathValidator;
import io.sallyport.trust.Purpose;
import io.sallyport.trust.Verdict;
import java.io.IOException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
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

  /// The certificate of a client that leads to an anchor of `trust`.
  ///
  /// @throws Refusal when it does not
  X509Certificate verifyClient(TrustSet trust, Certificate chain) throws Refusal {
    return verify(validator(clients, trust, Purpose.CLIENT_AUTH), chain);
  }

  /// The certificate of a server that leads to an anchor of `trust`.
  ///
  /// @throws Refusal when it does not
  X509Certificate verifyServer(TrustSet trust, Certificate chain) throws Refusal {
    return verify(validator(servers, trust, Purpose.SERVER_AUTH), chain);
  }

  private PathValidator validator(
      Map<TrustSet, PathValidator> validators, TrustSet trust, Purpose purpose) {
    return validators.computeIfAbsent(
        trust, set -> new PathValidator(set.anchors(), set.crls(), purpose, clock));
  }

  private static X509Certificate verify(PathValidator validator, Certificate chain) throws Refusal {
    return switch (validator.validate(encoded(chain))) {
      case Verdict.Trusted trusted -> trusted.leaf();
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

  /// The serial of a verified certificate: the `peerid` of a handshake.
  KeySerial remember(X509Certificate certificate) throws Refusal {
    try {
      return store.addPeer(PeerIdentity.of(certificate));
    } catch (CertificateParsingException e) {
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
