package io.sallyport.config;

import java.net.URI;
import java.net.URISyntaxException;

/// What a listener compares with the subjectAltName of a client's certificate.
public sealed interface ClientNamePattern {
  /// Fits dNSNames, by the rules of a route: a wildcard stands for one label. Two labels at least
  /// follow it, so that it spans no top-level domain.
  record Dns(SniPattern pattern) implements ClientNamePattern {
    public Dns {
      if (pattern instanceof SniPattern.Wildcard(String parent) && parent.indexOf('.') < 0) {
        throw new IllegalArgumentException("client name " + ConfigError.quote(pattern.toString()));
      }
    }

    @Override
    public String toString() {
      return pattern.toString();
    }
  }

  /// Fits the uniformResourceIdentifier that is the same, character by character; one that ends in
  /// `/*` fits those with anything in the place of the star.
  ///
  /// @param uri with a scheme and `://`, or a `urn:`; a star stands nowhere but at its end, behind
  ///   a host and a slash
  record Uri(String uri) implements ClientNamePattern {
    public Uri {
      if (!isUri(uri)) {
        throw new IllegalArgumentException("client name " + ConfigError.quote(uri));
      }
    }

    /// `client.example.com:443` would be a URI, too, but is a mistake.
    private static boolean isUri(String text) {
      boolean isPrefix = text.endsWith("/*");
      String fixed = isPrefix ? text.substring(0, text.length() - 1) : text;
      try {
        return (text.contains("://") || text.startsWith("urn:"))
            && fixed.indexOf('*') < 0
            && new URI(fixed).isAbsolute()
            && (!isPrefix || new URI(fixed).getRawAuthority() != null);
      } catch (URISyntaxException _) {
        return false;
      }
    }

    @Override
    public String toString() {
      return uri;
    }
  }

  /// Reads a pattern; a DNS name may be in upper or lower case.
  ///
  /// @throws IllegalArgumentException when it is none; the message names what was found
  static ClientNamePattern parse(String text) {
    if (text.contains(":")) {
      return new Uri(text);
    }
    try {
      return new Dns(SniPattern.parse(text));
    } catch (IllegalArgumentException _) {
      throw new IllegalArgumentException("client name " + ConfigError.quote(text));
    }
  }
}
