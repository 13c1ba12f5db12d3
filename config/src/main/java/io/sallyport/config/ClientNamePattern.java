package io.sallyport.config;

import java.net.URI;
import java.net.URISyntaxException;

/// What a listener compares with the subjectAltName of a client's certificate.
public sealed interface ClientNamePattern {
  /// Fits dNSNames, by the rules of a route: a wildcard stands for one label.
  record Dns(SniPattern pattern) implements ClientNamePattern {
    @Override
    public String toString() {
      return pattern.toString();
    }
  }

  /// Fits the uniformResourceIdentifier that is the same, character by character.
  ///
  /// @param uri with a scheme and `://`, or a `urn:`
  record Uri(String uri) implements ClientNamePattern {
    public Uri {
      if (!isUri(uri)) {
        throw new IllegalArgumentException("client name " + ConfigError.quote(uri));
      }
    }

    /// `client.example.com:443` would be a URI, too, but is a mistake.
    private static boolean isUri(String text) {
      try {
        return (text.contains("://") || text.startsWith("urn:")) && new URI(text).isAbsolute();
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
