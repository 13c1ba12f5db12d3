package io.sallyport.trust;

import java.net.URI;
import java.net.URISyntaxException;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Who of the trusted is let in: patterns over the names of a certificate's subjectAltName.
///
/// - `a.example`: this dNSName, in any case.
/// - `*.a.example`: a dNSName with one label before `a.example`, or this very wildcard.
/// - `spiffe://td/ns/web`: this URI, character by character.
/// - `spiffe://td/ns/*`: a URI with anything after `spiffe://td/ns/`, slashes included. A URI with
///   empty, `.` or `..` segments, a query, a fragment or a `%` in what follows is none of these: it
///   might mean another path to whoever reads it next.
///
/// One name of the certificate is enough. Other kinds of names, and the subject, do not count.
///
/// Immutable, for any thread.
public final class AllowedNames {
  private static final String REST = "/*";
  private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");

  private final Set<String> dns = new HashSet<>();
  private final Set<String> dnsParents = new HashSet<>();
  private final Set<String> uris = new HashSet<>();
  private final Set<String> uriPrefixes = new HashSet<>();

  /// @param patterns not empty
  /// @throws IllegalArgumentException for a pattern of another form, naming it
  public AllowedNames(List<String> patterns) {
    if (patterns.isEmpty()) {
      throw new IllegalArgumentException("found no names to let in, expected one at least");
    }
    for (String pattern : patterns) {
      if (ABSOLUTE.matcher(pattern).matches()) {
        addUri(pattern);
      } else {
        addDns(pattern);
      }
    }
  }

  private void addDns(String pattern) {
    String name = DnsName.parse(pattern);
    String parent = DnsName.wildcardParent(pattern);
    if (name != null) {
      dns.add(name);
    } else if (parent != null) {
      dnsParents.add(parent);
    } else {
      throw unusable(pattern, "a DNS name, *. and a DNS name of two labels, or a URI");
    }
  }

  private void addUri(String pattern) {
    boolean isPrefix = pattern.endsWith(REST);
    String text = isPrefix ? pattern.substring(0, pattern.length() - 1) : pattern;
    try {
      URI uri = new URI(text);
      // Without an authority, a prefix as scheme:/ or scheme:// would span everyone's names.
      boolean hasAuthority = uri.getRawAuthority() != null;
      if (text.contains("*") || (isPrefix && !hasAuthority)) {
        throw unusable(pattern, "a URI, or scheme://authority/ and a path that ends in /*");
      }
    } catch (URISyntaxException _) {
      throw unusable(pattern, "a URI");
    }
    (isPrefix ? uriPrefixes : uris).add(text);
  }

  private static IllegalArgumentException unusable(String pattern, String expected) {
    return new IllegalArgumentException("found " + pattern + ", expected " + expected);
  }

  /// Whether a certificate has a name that is let in. It must be trusted already.
  public boolean allow(X509Certificate leaf) {
    AlternativeNames names = AlternativeNames.of(leaf);
    return names.dns().stream().anyMatch(this::allowDns)
        || names.uris().stream().anyMatch(this::allowUri);
  }

  private boolean allowDns(String name) {
    String parent = DnsName.wildcardParent(name);
    if (parent != null) {
      return dnsParents.contains(parent);
    }
    return dns.contains(name)
        || (DnsName.parse(name) != null
            && dnsParents.stream().anyMatch(allowed -> DnsName.isChild(name, allowed)));
  }

  private boolean allowUri(String uri) {
    return uris.contains(uri)
        || uriPrefixes.stream()
            .anyMatch(
                prefix -> uri.startsWith(prefix) && isPlainPath(uri.substring(prefix.length())));
  }

  private static boolean isPlainPath(String path) {
    return path.chars().noneMatch(c -> c == '%' || c == '?' || c == '#')
        && Stream.of(path.split("/", -1))
            .noneMatch(segment -> segment.isEmpty() || segment.equals(".") || segment.equals(".."));
  }
}
