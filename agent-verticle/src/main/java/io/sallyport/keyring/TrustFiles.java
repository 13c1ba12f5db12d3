package io.sallyport.keyring;

import io.sallyport.config.FilePath;
import io.sallyport.config.Position;
import io.sallyport.config.TrustConfig;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// Reads whom a keyring trusts. For one call of [KeyringFiles#read].
final class TrustFiles {
  /// Bytes of a file; more is refused.
  private static final int LENGTH_MAX = 16 << 20;

  /// Certificates, and CRLs, in a file; more are refused.
  private static final int COUNT_MAX = 4096;

  private static final int NO_CA = -1;
  private static final String CA_FORM =
      "a PEM file with 1 to " + COUNT_MAX + " certificates of certification authorities";
  private static final String CRL_FORM =
      "a PEM file with 1 to " + COUNT_MAX + " CRLs of the certification authorities beside it";

  private final Findings findings;

  TrustFiles(Findings findings) {
    this.findings = findings;
  }

  /// Empty when nobody is trusted, and when an error was reported.
  Optional<KeyMaterial> read(KeyMaterial.Type type, TrustConfig config) {
    return switch (config) {
      case TrustConfig.None() -> Optional.empty();
      case TrustConfig.SystemDefault(Position position) ->
          trust(type, systemAnchors(position), List.of());
      case TrustConfig.Anchors(FilePath ca, List<FilePath> files) -> {
        List<X509Certificate> anchors = anchors(ca);
        List<X509CRL> crls = new ArrayList<>();
        for (FilePath file : files) {
          crls.addAll(crls(file, anchors));
        }
        yield trust(type, anchors, crls);
      }
    };
  }

  private static Optional<KeyMaterial> trust(
      KeyMaterial.Type type, List<X509Certificate> anchors, List<X509CRL> crls) {
    return anchors.isEmpty()
        ? Optional.empty()
        : Optional.of(new KeyMaterial.Trust(type, anchors, crls));
  }

  private List<X509Certificate> systemAnchors(Position position) {
    List<X509Certificate> anchors = new ArrayList<>();
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          anchors.addAll(List.of(x509.getAcceptedIssuers()));
        }
      }
    } catch (GeneralSecurityException _) {
      findings.reject(
          position, "a trust store of the JDK that cannot be read", "one, or a file beside it");
      return List.of();
    }
    if (anchors.isEmpty()) {
      findings.reject(
          position, "a trust store of the JDK without a certificate", "one with some, or a file");
    }
    // The JDK keeps them in no order; the same ones are to look the same each time.
    anchors.sort(
        Comparator.comparing((X509Certificate anchor) -> anchor.getSubjectX500Principal().getName())
            .thenComparing(X509Certificate::getSerialNumber));
    return anchors;
  }

  private List<X509Certificate> anchors(FilePath file) {
    List<X509Certificate> anchors;
    try (PemFile pem = PemFile.read(file.path(), LENGTH_MAX)) {
      anchors = pem.certificates();
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), CA_FORM);
      return List.of();
    } catch (CertificateException _) {
      findings.reject(file, "a certificate that cannot be read", CA_FORM);
      return List.of();
    }
    if (anchors.isEmpty() || anchors.size() > COUNT_MAX) {
      findings.reject(file, count(anchors.size(), "certificate"), CA_FORM);
      return List.of();
    }
    for (int i = 0; i < anchors.size(); i++) {
      warn(file, i + 1, anchors.get(i));
    }
    return anchors;
  }

  private static String count(int count, String what) {
    return count == 0 ? "no " + what : "more than " + COUNT_MAX + " " + what + "s";
  }

  private void warn(FilePath file, int number, X509Certificate anchor) {
    findings.warnOfValidity(file, number, anchor);
    if (anchor.getBasicConstraints() == NO_CA) {
      findings.warn(
          file,
          "certificate " + number + ", which is none of a certification authority",
          "one that is, unless that certificate itself is to be trusted");
    }
  }

  /// @param anchors empty when they are wrong, which has been reported
  private List<X509CRL> crls(FilePath file, List<X509Certificate> anchors) {
    List<X509CRL> crls;
    try (PemFile pem = PemFile.read(file.path(), LENGTH_MAX)) {
      crls = pem.crls();
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), CRL_FORM);
      return List.of();
    } catch (CRLException _) {
      findings.reject(file, "a CRL that cannot be read", CRL_FORM);
      return List.of();
    }
    if (crls.isEmpty() || crls.size() > COUNT_MAX) {
      findings.reject(file, count(crls.size(), "CRL"), CRL_FORM);
      return List.of();
    }
    for (int i = 0; i < crls.size(); i++) {
      check(file, i + 1, crls.get(i), anchors);
    }
    return crls;
  }

  private void check(FilePath file, int number, X509CRL crl, List<X509Certificate> anchors) {
    if (!anchors.isEmpty() && anchors.stream().noneMatch(anchor -> issued(anchor, crl))) {
      findings.reject(
          file, "CRL " + number + ", which none of the trusted certificates issued", CRL_FORM);
    }
    if (crl.getNextUpdate() != null && crl.getNextUpdate().toInstant().isBefore(Instant.now())) {
      findings.warn(
          file,
          "CRL " + number + " outdated since " + crl.getNextUpdate().toInstant(),
          "a current one");
    }
  }

  private static boolean issued(X509Certificate issuer, X509CRL crl) {
    if (!crl.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      return false;
    }
    try {
      crl.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }
}
