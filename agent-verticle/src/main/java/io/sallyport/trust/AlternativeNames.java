package io.sallyport.trust;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/// The names of a certificate's subjectAltName (RFC 5280 §4.2.1.6). The subject does not count.
///
/// @param dns dNSNames in lower case, with their wildcards
/// @param uris uniformResourceIdentifiers, as they stand
/// @param addresses iPAddresses, as the JDK writes them
record AlternativeNames(List<String> dns, List<String> uris, List<String> addresses) {
  private static final int DNS_NAME = 2;
  private static final int URI = 6;
  private static final int IP_ADDRESS = 7;

  /// Names that cannot be read are none; so are those with other characters than printable ASCII.
  static AlternativeNames of(X509Certificate certificate) {
    List<String> dns = new ArrayList<>();
    List<String> uris = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    for (List<?> name : read(certificate)) {
      if (name.get(0) instanceof Integer type
          && name.get(1) instanceof String text
          && isPrintable(text)) {
        switch (type) {
          case DNS_NAME -> dns.add(text.toLowerCase(Locale.ROOT));
          case URI -> uris.add(text);
          case IP_ADDRESS -> addresses.add(text);
          default -> {}
        }
      }
    }
    return new AlternativeNames(dns, uris, addresses);
  }

  private static Collection<List<?>> read(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null ? List.of() : names;
    } catch (CertificateParsingException _) {
      return List.of();
    }
  }

  private static boolean isPrintable(String text) {
    return text.chars().allMatch(c -> c > ' ' && c <= '~');
  }
}
