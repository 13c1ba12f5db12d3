package io.sallyport.trust;

import io.sallyport.handshake.FailureReason;
import io.sallyport.trust.Verdict.Untrusted;
import java.security.GeneralSecurityException;
import java.security.cert.CRLReason;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/// Asks the CRLs of a trust set (RFC 5280 §6.3). Without CRLs nothing is asked and all is well.
///
/// A CRL speaks for the certificates of the issuer that signed it, and counts as good news only
/// while it is current and if it is complete: one for some distribution points, some reasons, some
/// kinds of certificate, or changes only, is not. Bad news always counts: a certificate that is
/// listed is revoked even if the CRL is stale or partial.
final class Revocation {
  private static final String DELTA_CRL_INDICATOR = "2.5.29.27";
  private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
  private static final int CRL_SIGN = 6;

  private final Map<X500Principal, List<X509CRL>> crls = new HashMap<>();

  Revocation(Collection<X509CRL> all) {
    for (X509CRL crl : all) {
      crls.computeIfAbsent(crl.getIssuerX500Principal(), _ -> new ArrayList<>()).add(crl);
    }
  }

  /// A peer's certificate must have an issuer with a CRL.
  @Nullable Untrusted objectionToLeaf(X509Certificate leaf, X509Certificate issuer, Instant now) {
    return crls.isEmpty() ? null : objection(leaf, issuer, now);
  }

  /// CAs that issue no CRLs for their intermediates are common: these pass where no CRL of their
  /// issuer is in the set.
  @Nullable Untrusted objectionToIntermediate(
      X509Certificate intermediate, X509Certificate issuer, Instant now) {
    return crls.containsKey(intermediate.getIssuerX500Principal())
        ? objection(intermediate, issuer, now)
        : null;
  }

  /// The issuer of a pinned certificate need not be known, nor have CRLs. A CRL in its name still
  /// counts when it lists the certificate; its signature cannot be verified, but it comes from the
  /// operator and can only take trust away.
  @Nullable Untrusted objectionToPinned(X509Certificate leaf) {
    for (X509CRL crl : of(leaf)) {
      if (lists(crl, leaf)) {
        return revoked(leaf, crl);
      }
    }
    return null;
  }

  private @Nullable Untrusted objection(
      X509Certificate certificate, X509Certificate issuer, Instant now) {
    boolean isKnownGood = false;
    String found = "none";
    for (X509CRL crl : of(certificate)) {
      String defect = signatureDefect(crl, issuer);
      if (defect == null && lists(crl, certificate)) {
        return revoked(certificate, crl);
      }
      defect = defect == null ? scopeDefect(crl, now) : defect;
      isKnownGood |= defect == null;
      found = defect == null ? found : defect;
    }
    if (isKnownGood) {
      return null;
    }
    return new Untrusted(
        FailureReason.CERTIFICATE_REVOCATION_UNKNOWN,
        CertificateLabel.of(certificate)
            + " may be revoked: expected a current CRL of "
            + CertificateLabel.of(certificate.getIssuerX500Principal())
            + ", found "
            + found);
  }

  private List<X509CRL> of(X509Certificate certificate) {
    return crls.getOrDefault(certificate.getIssuerX500Principal(), List.of());
  }

  private static boolean lists(X509CRL crl, X509Certificate certificate) {
    X509CRLEntry entry = crl.getRevokedCertificate(certificate);
    return entry != null && entry.getRevocationReason() != CRLReason.REMOVE_FROM_CRL;
  }

  private static Untrusted revoked(X509Certificate certificate, X509CRL crl) {
    X509CRLEntry entry = crl.getRevokedCertificate(certificate);
    CRLReason reason = entry.getRevocationReason();
    return new Untrusted(
        FailureReason.CERTIFICATE_REVOKED,
        CertificateLabel.of(certificate)
            + " was revoked at "
            + entry.getRevocationDate().toInstant()
            + (reason == null ? "" : ": " + reason)
            + ", says the CRL of "
            + crl.getThisUpdate().toInstant());
  }

  /// The JDK remembers with a CRL which key has verified it: a large one is hashed once, not once
  /// per handshake.
  private static @Nullable String signatureDefect(X509CRL crl, X509Certificate issuer) {
    boolean[] usage = issuer.getKeyUsage();
    if (usage != null && !usage[CRL_SIGN]) {
      return "one, but the issuer's keyUsage does not allow cRLSign";
    }
    if (!Strength.isStrongSignature(crl.getSigAlgOID(), crl.getSigAlgParams())) {
      return "one that is signed too weakly, by " + crl.getSigAlgName();
    }
    try {
      crl.verify(issuer.getPublicKey());
      return null;
    } catch (GeneralSecurityException | RuntimeException _) {
      return "one that is not signed by the key of " + CertificateLabel.of(issuer);
    }
  }

  private static @Nullable String scopeDefect(X509CRL crl, Instant now) {
    if (crl.getExtensionValue(DELTA_CRL_INDICATOR) != null
        || crl.getExtensionValue(ISSUING_DISTRIBUTION_POINT) != null) {
      return "one that is partial";
    }
    Set<String> unknown = Extensions.criticalBeyond(Set.of(), crl);
    if (!unknown.isEmpty()) {
      return "one with unknown critical extensions " + unknown;
    }
    if (crl.getThisUpdate().toInstant().isAfter(now)) {
      return "one of the future, " + crl.getThisUpdate().toInstant();
    }
    Date nextUpdate = crl.getNextUpdate();
    if (nextUpdate == null) {
      return "one without nextUpdate";
    }
    return nextUpdate.toInstant().isBefore(now)
        ? "one whose nextUpdate was " + nextUpdate.toInstant()
        : null;
  }
}
