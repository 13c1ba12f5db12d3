package io.sallyport.keyring;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/// The host names a certificate is for (RFC 9525 §6.3): its dNSNames, or the common name of a
/// certificate without a subjectAltName.
///
/// @param exact names in lower case
/// @param wildcardParents what follows `*.`, in lower case
record CertificateNames(Set<String> exact, Set<String> wildcardParents) {
  private static final int DNS_NAME = 2;
  private static final String WILDCARD = "*.";

  CertificateNames {
    exact = Set.copyOf(exact);
    wildcardParents = Set.copyOf(wildcardParents);
  }

  static CertificateNames of(X509Certificate certificate) throws CertificateParsingException {
    Set<String> exact = new HashSet<>();
    Set<String> wildcardParents = new HashSet<>();
    for (String name : names(certificate)) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (lower.startsWith(WILDCARD)) {
        wildcardParents.add(lower.substring(WILDCARD.length()));
      } else {
        exact.add(lower);
      }
    }
    return new CertificateNames(exact, wildcardParents);
  }

  private static List<String> names(X509Certificate certificate)
      throws CertificateParsingException {
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives == null) {
      return commonNames(certificate);
    }
    return alternatives.stream()
        .filter(name -> name.get(0).equals(DNS_NAME))
        .map(name -> (String) name.get(1))
        .toList();
  }

  private static List<String> commonNames(X509Certificate certificate) {
    try {
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
              .map(Rdn::getValue)
              .filter(String.class::isInstance)
              .map(String.class::cast)
              .toList();
    } catch (InvalidNameException _) {
      return List.of();
    }
  }

  boolean matchExactly(String host) {
    return exact.contains(host);
  }

  /// A wildcard stands for one whole label.
  boolean matchByWildcard(String host) {
    int dot = host.indexOf('.');
    return dot > 0 && wildcardParents.contains(host.substring(dot + 1));
  }
}
