package io.sallyport.trust;

import io.sallyport.handshake.FailureReason;
import io.sallyport.trust.Verdict.Untrusted;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXReason;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a path must keep to: RFC 5280 §6.1 as the JDK applies it, and what the JDK leaves out: the
/// anchor's own validity and constraints, extended key usages, strength, revocation.
///
/// Immutable, for any thread.
final class PathRules {
  /// What is wrong with a path.
  ///
  /// @param index of the certificate it is wrong with, 0 for the leaf
  record Objection(int index, Untrusted verdict) {}

  private static final int DIGITAL_SIGNATURE = 0;
  private static final int KEY_CERT_SIGN = 5;
  private static final Set<String> UNDERSTOOD =
      Set.of(
          Extensions.BASIC_CONSTRAINTS,
          Extensions.KEY_USAGE,
          Extensions.EXTENDED_KEY_USAGE,
          Extensions.SUBJECT_ALTERNATIVE_NAME,
          Extensions.NAME_CONSTRAINTS,
          Extensions.CERTIFICATE_POLICIES);

  private final Purpose purpose;
  private final Revocation revocation;

  PathRules(Purpose purpose, Revocation revocation) {
    this.purpose = purpose;
    this.revocation = revocation;
  }

  /// What is wrong with a certificate that is an anchor itself, or null.
  @Nullable Untrusted objectionToPinned(X509Certificate leaf, Instant now) {
    Untrusted objection = validity(leaf, now);
    objection = objection == null ? criticalExtensions(leaf) : objection;
    objection = objection == null ? leafUsage(leaf) : objection;
    objection = objection == null ? extendedUsage(leaf) : objection;
    objection = objection == null ? strength(leaf) : objection;
    return objection == null ? revocation.objectionToPinned(leaf) : objection;
  }

  /// What is wrong with a path, or null.
  ///
  /// @param path leaf first, anchor last, two certificates or more, each signed by the next
  @Nullable Objection objection(List<X509Certificate> path, Instant now) {
    int anchorIndex = path.size() - 1;
    X509Certificate anchor = path.getLast();
    List<X509Certificate> below = path.subList(0, anchorIndex);
    Untrusted toAnchor = anchor(anchor, below, now);
    if (toAnchor != null) {
      return new Objection(anchorIndex, toAnchor);
    }
    Objection pkix = pkix(below, anchor, now);
    return pkix == null ? beyondPkix(path, now) : pkix;
  }

  private @Nullable Objection beyondPkix(List<X509Certificate> path, Instant now) {
    for (int i = path.size() - 2; i >= 0; i--) {
      X509Certificate certificate = path.get(i);
      X509Certificate issuer = path.get(i + 1);
      Untrusted objection = extendedUsage(certificate);
      objection = objection == null ? strength(certificate) : objection;
      if (i == 0) {
        objection = objection == null ? leafUsage(certificate) : objection;
        objection =
            objection == null ? revocation.objectionToLeaf(certificate, issuer, now) : objection;
      } else {
        objection =
            objection == null
                ? revocation.objectionToIntermediate(certificate, issuer, now)
                : objection;
      }
      if (objection != null) {
        return new Objection(i, objection);
      }
    }
    return null;
  }

  /// RFC 5280 takes an anchor as a name and a key. Here it is a certificate, and means what it says
  /// (RFC 5937), as it does to OpenSSL and Go. Above all, a certificate that was pinned for its
  /// owner's sake must not make a CA of him.
  private @Nullable Untrusted anchor(
      X509Certificate anchor, List<X509Certificate> below, Instant now) {
    Untrusted objection = issuing(anchor);
    if (objection != null) {
      return objection;
    }
    long issuers = below.stream().skip(1).filter(c -> !isSelfIssued(c)).count();
    if (issuers > anchor.getBasicConstraints()) {
      return constrained(
          anchor,
          "allows "
              + anchor.getBasicConstraints()
              + " CAs below it by its pathLenConstraint, found "
              + issuers);
    }
    objection = validity(anchor, now);
    objection = objection == null ? criticalExtensions(anchor) : objection;
    objection = objection == null ? extendedUsage(anchor) : objection;
    return objection == null ? names(anchor, below) : objection;
  }

  /// The JDK's validator takes no name constraints with an anchor; its selector has the same rules.
  private static @Nullable Untrusted names(X509Certificate anchor, List<X509Certificate> below) {
    byte[] constraints = Extensions.value(anchor, Extensions.NAME_CONSTRAINTS);
    if (constraints == null) {
      return anchor.getExtensionValue(Extensions.NAME_CONSTRAINTS) == null
          ? null
          : constrained(anchor, "has nameConstraints that cannot be read");
    }
    try {
      // One per path: its constraints are lazily completed, which two threads must not do at once.
      X509CertSelector selector = new X509CertSelector();
      selector.setNameConstraints(constraints);
      for (X509Certificate certificate : below) {
        boolean isExempt = !certificate.equals(below.getFirst()) && isSelfIssued(certificate);
        if (!isExempt && !selector.match(certificate)) {
          return constrained(
              certificate, "has a name that the anchor's nameConstraints do not allow");
        }
      }
      return null;
    } catch (IOException _) {
      return constrained(anchor, "has nameConstraints that cannot be read");
    }
  }

  private @Nullable Objection pkix(
      List<X509Certificate> below, X509Certificate anchor, Instant now) {
    try {
      // By name and key: with a certificate the JDK asks for equal key identifiers as well, but the
      // signature has decided already.
      PKIXParameters parameters =
          new PKIXParameters(
              Set.of(
                  new TrustAnchor(anchor.getSubjectX500Principal(), anchor.getPublicKey(), null)));
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      CertPath path = CertificateFactory.getInstance("X.509", "SUN").generateCertPath(below);
      CertPathValidator.getInstance("PKIX", "SUN").validate(path, parameters);
      return null;
    } catch (CertPathValidatorException e) {
      int index = Math.max(0, e.getIndex());
      return new Objection(index, verdict(e, below.get(index), now));
    } catch (GeneralSecurityException e) {
      return new Objection(0, malformed(below.getFirst(), e));
    }
  }

  private static Untrusted verdict(
      CertPathValidatorException e, X509Certificate certificate, Instant now) {
    return switch (e.getReason()) {
      case BasicReason.EXPIRED, BasicReason.NOT_YET_VALID -> {
        Untrusted objection = validity(certificate, now);
        yield objection == null ? malformed(certificate, e) : objection;
      }
      case BasicReason.INVALID_SIGNATURE, BasicReason.ALGORITHM_CONSTRAINED ->
          new Untrusted(
              FailureReason.CERTIFICATE_BAD_SIGNATURE,
              CertificateLabel.of(certificate) + " is signed too weakly or wrongly: " + message(e));
      case PKIXReason.INVALID_KEY_USAGE, PKIXReason.NOT_CA_CERT -> {
        Untrusted objection = issuing(certificate);
        yield objection == null ? malformed(certificate, e) : objection;
      }
      case PKIXReason.PATH_TOO_LONG ->
          constrained(certificate, "is a CA below a pathLenConstraint that allows no more of them");
      case PKIXReason.INVALID_NAME ->
          constrained(certificate, "has a name that the nameConstraints above it do not allow");
      case PKIXReason.UNRECOGNIZED_CRIT_EXT ->
          constrained(
              certificate,
              "has critical extensions that are not understood, among "
                  + certificate.getCriticalExtensionOIDs());
      case PKIXReason.INVALID_POLICY ->
          constrained(certificate, "is under a certificate policy that its path does not keep");
      default -> malformed(certificate, e);
    };
  }

  private static @Nullable Untrusted issuing(X509Certificate ca) {
    if (ca.getBasicConstraints() < 0) {
      return constrained(ca, "is no CA by its basicConstraints, but issued others");
    }
    boolean[] usage = ca.getKeyUsage();
    return usage == null || usage[KEY_CERT_SIGN]
        ? null
        : wrongUsage(ca, "issued others: expected keyUsage with keyCertSign");
  }

  private static @Nullable Untrusted validity(X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isAfter(until)) {
      return new Untrusted(
          FailureReason.CERTIFICATE_EXPIRED,
          CertificateLabel.of(certificate) + " expired " + until);
    }
    if (now.isBefore(from)) {
      return new Untrusted(
          FailureReason.CERTIFICATE_NOT_YET_VALID,
          CertificateLabel.of(certificate) + " is not valid before " + from);
    }
    return null;
  }

  private static @Nullable Untrusted criticalExtensions(X509Certificate certificate) {
    Set<String> unknown = Extensions.criticalBeyond(UNDERSTOOD, certificate);
    return unknown.isEmpty()
        ? null
        : constrained(certificate, "has critical extensions that are not understood: " + unknown);
  }

  /// Every peer signs the handshake with its key: TLS 1.3, and (EC)DHE of TLS 1.2.
  private static @Nullable Untrusted leafUsage(X509Certificate leaf) {
    boolean[] usage = leaf.getKeyUsage();
    return usage == null || usage[DIGITAL_SIGNATURE]
        ? null
        : wrongUsage(leaf, "signs handshakes: expected keyUsage with digitalSignature");
  }

  /// A CA with extended key usages is meant to issue certificates for these only, as OpenSSL and Go
  /// have it.
  private @Nullable Untrusted extendedUsage(X509Certificate certificate) {
    List<String> usages;
    try {
      usages = certificate.getExtendedKeyUsage();
    } catch (CertificateParsingException e) {
      return malformed(certificate, e);
    }
    if (usages == null
        || usages.contains(purpose.oid())
        || usages.contains(Extensions.ANY_EXTENDED_KEY_USAGE)) {
      return null;
    }
    return wrongUsage(
        certificate,
        "is not for " + purpose + ": found extKeyUsage " + usages + ", expected " + purpose.oid());
  }

  private static @Nullable Untrusted strength(X509Certificate certificate) {
    return Strength.isStrongKey(certificate.getPublicKey())
        ? null
        : new Untrusted(FailureReason.CERTIFICATE_BAD_SIGNATURE, PathSearch.weakKey(certificate));
  }

  private static boolean isSelfIssued(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
  }

  private static Untrusted constrained(X509Certificate certificate, String what) {
    return new Untrusted(
        FailureReason.CERTIFICATE_CONSTRAINED, CertificateLabel.of(certificate) + " " + what);
  }

  private static Untrusted wrongUsage(X509Certificate certificate, String what) {
    return new Untrusted(
        FailureReason.CERTIFICATE_WRONG_USAGE, CertificateLabel.of(certificate) + " " + what);
  }

  static Untrusted malformed(X509Certificate certificate, Exception e) {
    return new Untrusted(
        FailureReason.CERTIFICATE_MALFORMED,
        CertificateLabel.of(certificate) + " cannot be judged: " + message(e));
  }

  private static String message(Exception e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
