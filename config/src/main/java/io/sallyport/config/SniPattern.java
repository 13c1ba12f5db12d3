package io.sallyport.config;

import java.util.Locale;

/// What a route compares with the server name that a client asks for (SNI, RFC 6066 §3).
///
/// Names are in lower case; compare them with a name in lower case and without a trailing dot.
public sealed interface SniPattern {
  /// `api.example.com`: that name and no other.
  record Exact(String host) implements SniPattern {
    public Exact {
      checkHost(host, host);
    }

    @Override
    public String toString() {
      return host;
    }
  }

  /// `*.example.com`: any one label in front of `.example.com`, as in certificates (RFC 9525 §6.3);
  /// not `example.com` itself and not `a.b.example.com`.
  ///
  /// @param parent what follows the `*.`
  record Wildcard(String parent) implements SniPattern {
    private static final String PREFIX = "*.";

    public Wildcard {
      checkHost(parent, PREFIX + parent);
    }

    @Override
    public String toString() {
      return PREFIX + parent;
    }
  }

  /// Reads a pattern in upper or lower case.
  ///
  /// @throws IllegalArgumentException when it is none; the message names what was found
  static SniPattern parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.startsWith(Wildcard.PREFIX)
        ? new Wildcard(lower.substring(Wildcard.PREFIX.length()))
        : new Exact(lower);
  }

  private static void checkHost(String host, String pattern) {
    if (HostPort.isIpv4(host) || HostPort.isIpv6(host)) {
      throw new IllegalArgumentException("the IP address " + ConfigError.quote(pattern));
    }
    // An underscore is no part of a server name: clients refuse to send it (RFC 6066 §3, RFC 1123
    // §2.1).
    boolean isServerName = HostPort.isDnsName(host) && host.indexOf('_') < 0;
    if (!isServerName || !host.equals(host.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("SNI pattern " + ConfigError.quote(pattern));
    }
  }
}
