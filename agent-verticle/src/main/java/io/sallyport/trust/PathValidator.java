package io.sallyport.trust;

import io.sallyport.handshake.FailureReason;
import io.sallyport.trust.PathRules.Objection;
import io.sallyport.trust.PeerChain.MalformedException;
import io.sallyport.trust.Verdict.Trusted;
import io.sallyport.trust.Verdict.Untrusted;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/// Says whether a peer's certificates lead to an anchor of a trust set (RFC 5280 §6).
///
/// - The peer's own certificate comes first; the others come in any order, and may be too many:
///   they are what paths are looked for among (RFC 9846 §4.4.2; 8446 §4.4.2). A path has at most
///   ten certificates between the peer's and the anchor; one good path is enough.
/// - An anchor is a CA's certificate, self-signed or not. Its validity, key usages, path length and
///   name constraints count like any other's. Only its own signature does not.
/// - A peer's certificate that is itself an anchor is trusted without a path, if it is within its
///   validity, not revoked, strong, and for the purpose. That makes no CA of it.
/// - Signatures and keys are strong: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519, with
///   SHA-256 or better.
/// - Name constraints are the JDK's: a common name that could be a DNS name is taken for one where
///   there is no dNSName, and a URI without a host is refused where URIs are constrained.
/// - Every extended key usage extension of the path, the anchor's included, has the purpose or
///   `anyExtendedKeyUsage`; the peer's key usage, if any, has `digitalSignature`.
/// - Once the set has a CRL, the peer's certificate needs a current one of its issuer; an
///   intermediate's needs one only if the set has any in its issuer's name. A partial CRL counts
///   only where it revokes.
///
/// Any doubt is an [Untrusted]. It says nothing about names: see [ReferenceIdentity] and
/// [AllowedNames].
///
/// Immutable, for any number of threads at once. Nothing of a peer is kept. The work per call is
/// bounded: [#CERTIFICATES_MAX], [#BYTES_MAX], 100 signatures, 16 paths.
public final class PathValidator {
  /// The most certificates that a peer may send.
  public static final int CERTIFICATES_MAX = 16;

  /// The most bytes that a peer's certificates may have together.
  public static final int BYTES_MAX = 100 * 1024;

  private final Map<X500Principal, List<X509Certificate>> anchors = new HashMap<>();
  private final PathRules rules;
  private final InstantSource clock;

  /// @param anchors what to trust; not empty
  /// @param crls of any issuers; with none, revocation is not checked
  /// @param purpose what peers are for
  /// @param clock asked once per validation
  public PathValidator(
      List<X509Certificate> anchors, List<X509CRL> crls, Purpose purpose, InstantSource clock) {
    if (anchors.isEmpty()) {
      throw new IllegalArgumentException("a trust set has an anchor");
    }
    for (X509Certificate anchor : anchors) {
      this.anchors
          .computeIfAbsent(anchor.getSubjectX500Principal(), _ -> new ArrayList<>())
          .add(anchor);
    }
    this.rules = new PathRules(purpose, new Revocation(crls));
    this.clock = clock;
  }

  /// Judges the certificates of a peer.
  ///
  /// Verifies signatures: not for an event loop.
  ///
  /// @param chain in DER, the peer's own first, as they came; an empty one is a missing certificate
  public Verdict validate(List<byte[]> chain) {
    if (chain.isEmpty()) {
      return new Untrusted(
          FailureReason.CERTIFICATE_MISSING, "found no certificate, expected one of the peer");
    }
    long bytes = chain.stream().mapToLong(der -> der.length).sum();
    if (chain.size() > CERTIFICATES_MAX || bytes > BYTES_MAX) {
      return new Untrusted(
          FailureReason.TOO_MUCH_DATA,
          "found %d certificates of %d bytes in all, expected at most %d of %d bytes"
              .formatted(chain.size(), bytes, CERTIFICATES_MAX, BYTES_MAX));
    }
    try {
      return judge(PeerChain.read(chain), clock.instant());
    } catch (MalformedException e) {
      return e.verdict();
    }
  }

  private Verdict judge(PeerChain chain, Instant now) {
    X509Certificate leaf = chain.leaf();
    try {
      if (anchors.getOrDefault(leaf.getSubjectX500Principal(), List.of()).contains(leaf)) {
        Untrusted objection = rules.objectionToPinned(leaf, now);
        return objection == null ? new Trusted(List.of(leaf)) : objection;
      }
      return judgePaths(new PathSearch(chain, anchors), now);
    } catch (RuntimeException e) {
      // The JDK's parsers are lazy, and what a certificate holds can make them throw late.
      return PathRules.malformed(leaf, e);
    }
  }

  private Verdict judgePaths(PathSearch search, Instant now) {
    Objection nearest = null;
    for (List<X509Certificate> path : search.paths()) {
      Objection objection = objection(path, now);
      if (objection == null) {
        return new Trusted(path);
      }
      // Of several paths, the one that held the longest was probably meant.
      if (nearest == null || objection.index() < nearest.index()) {
        nearest = objection;
      }
    }
    return nearest == null ? search.failure() : nearest.verdict();
  }

  private @Nullable Objection objection(List<X509Certificate> path, Instant now) {
    try {
      return rules.objection(path, now);
    } catch (RuntimeException e) {
      // What ails one path must not hide another.
      return new Objection(path.size(), PathRules.malformed(path.getFirst(), e));
    }
  }
}
