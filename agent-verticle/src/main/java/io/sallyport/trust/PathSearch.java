package io.sallyport.trust;

import io.sallyport.handshake.FailureReason;
import io.sallyport.trust.Verdict.Untrusted;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/// Finds the paths from a peer's certificate to an anchor: each certificate names the next as its
/// issuer and is signed, strongly, by the next one's key. Nothing else is asked of them here.
///
/// The JDK's path builder would find one too, but says of a failure only that there was none.
///
/// Bounded, since peers can sign as many cross-certificates for themselves as they send: in the
/// length of a path, in signatures to verify (as in Go's `crypto/x509`), in steps, in paths.
///
/// For one chain and one thread.
final class PathSearch {
  /// The most certificates between the peer's and the anchor.
  static final int INTERMEDIATES_MAX = 10;

  static final int SIGNATURES_MAX = 100;
  static final int PATHS_MAX = 16;
  private static final int STEPS_MAX = 1000;

  private record Edge(X509Certificate subject, X509Certificate issuer) {}

  private final PeerChain chain;
  private final Map<X500Principal, List<X509Certificate>> anchors;
  private final Map<Edge, Boolean> verified = new HashMap<>();
  private final List<List<X509Certificate>> paths = new ArrayList<>();
  private int steps;
  private boolean isExhausted;
  private boolean isTooFar;
  private @Nullable X509Certificate deadEnd;
  private @Nullable Untrusted badSignature;

  /// @param anchors by subject
  PathSearch(PeerChain chain, Map<X500Principal, List<X509Certificate>> anchors) {
    this.chain = chain;
    this.anchors = anchors;
  }

  /// The paths, leaf first and anchor last, the first found first: at most [#PATHS_MAX].
  List<List<X509Certificate>> paths() {
    extend(List.of(chain.leaf()));
    return paths;
  }

  /// Why there is no path.
  Untrusted failure() {
    if (isExhausted) {
      return new Untrusted(
          FailureReason.TOO_MUCH_DATA,
          CertificateLabel.of(chain.leaf())
              + " came with too many others of the same names: gave up after "
              + verified.size()
              + " signatures");
    }
    if (badSignature != null) {
      return badSignature;
    }
    if (isTooFar) {
      return new Untrusted(
          FailureReason.CERTIFICATE_CONSTRAINED,
          CertificateLabel.of(chain.leaf())
              + " is further from an anchor than "
              + INTERMEDIATES_MAX
              + " intermediate certificates");
    }
    X509Certificate last = deadEnd == null ? chain.leaf() : deadEnd;
    return new Untrusted(
        FailureReason.CERTIFICATE_UNKNOWN_CA,
        CertificateLabel.of(last)
            + " leads to no trust anchor: found issuer "
            + CertificateLabel.of(last.getIssuerX500Principal())
            + ", expected one whose certificate is an anchor or was sent along");
  }

  private void extend(List<X509Certificate> path) {
    if (++steps > STEPS_MAX) {
      isExhausted = true;
      return;
    }
    X509Certificate last = path.getLast();
    X500Principal issuer = last.getIssuerX500Principal();
    boolean hasIssuer = false;
    for (X509Certificate anchor : anchors.getOrDefault(issuer, List.of())) {
      if (isSigned(last, anchor)) {
        hasIssuer = true;
        add(with(path, anchor));
      }
    }
    for (X509Certificate other : chain.others()) {
      // Nothing is gained by passing through an anchor.
      if (!issuer.equals(other.getSubjectX500Principal()) || isAnchor(other)) {
        continue;
      }
      if (isSigned(last, other)) {
        hasIssuer = true;
        proceed(path, other);
      }
    }
    if (!hasIssuer && deadEnd == null) {
      deadEnd = last;
    }
  }

  private void proceed(List<X509Certificate> path, X509Certificate issuer) {
    if (path.contains(issuer) || paths.size() >= PATHS_MAX) {
      return;
    }
    if (path.size() > INTERMEDIATES_MAX) {
      isTooFar = true;
      return;
    }
    extend(with(path, issuer));
  }

  private void add(List<X509Certificate> path) {
    if (paths.size() < PATHS_MAX) {
      paths.add(path);
    }
  }

  private boolean isAnchor(X509Certificate certificate) {
    return anchors
        .getOrDefault(certificate.getSubjectX500Principal(), List.of())
        .contains(certificate);
  }

  private static List<X509Certificate> with(List<X509Certificate> path, X509Certificate next) {
    List<X509Certificate> longer = new ArrayList<>(path);
    longer.add(next);
    return List.copyOf(longer);
  }

  private boolean isSigned(X509Certificate subject, X509Certificate issuer) {
    Edge edge = new Edge(subject, issuer);
    Boolean known = verified.get(edge);
    if (known != null) {
      return known;
    }
    if (verified.size() >= SIGNATURES_MAX) {
      isExhausted = true;
      return false;
    }
    boolean isSigned = verify(subject, issuer);
    verified.put(edge, isSigned);
    return isSigned;
  }

  private boolean verify(X509Certificate subject, X509Certificate issuer) {
    if (!Strength.isStrongSignature(subject.getSigAlgOID(), subject.getSigAlgParams())) {
      return refuse(
          CertificateLabel.of(subject)
              + " is signed too weakly: found "
              + subject.getSigAlgName()
              + ", expected "
              + Strength.EXPECTED_SIGNATURE);
    }
    // Before the signature: how long verifying takes is the key's choice.
    if (!Strength.isStrongKey(issuer.getPublicKey())) {
      return refuse(weakKey(issuer));
    }
    try {
      subject.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException | RuntimeException _) {
      // Another key of the same name is no forgery: the issuer just is not known.
      return !Extensions.nameAnotherKey(subject, issuer)
          && refuse(
              CertificateLabel.of(subject)
                  + " is not signed by the key of "
                  + CertificateLabel.of(issuer));
    }
  }

  static String weakKey(X509Certificate certificate) {
    return CertificateLabel.of(certificate)
        + " has a key of the wrong kind or size: found "
        + certificate.getPublicKey().getAlgorithm()
        + ", expected "
        + Strength.EXPECTED_KEY;
  }

  /// @return false, as the answer
  private boolean refuse(String detail) {
    if (badSignature == null) {
      badSignature = new Untrusted(FailureReason.CERTIFICATE_BAD_SIGNATURE, detail);
    }
    return false;
  }
}
