package io.sallyport.config;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;

/// A host and a TCP port, as the config writes it: `127.0.0.1:8080`, `app.internal:8080`,
/// `[2001:db8::1]:8080`.
///
/// @param host an IPv4 address, an IPv6 address without its brackets, or a DNS name in lower case;
///   a name is not resolved here
/// @param port 0 to 65535; 0 makes sense only where something listens, and lets the system choose
public record HostPort(String host, int port) {

  public HostPort {
    if (port < 0 || port > PORT_MAX) {
      throw new IllegalArgumentException("port " + port);
    }
    if (!isIpv4(host) && !isIpv6(host) && !isDnsName(host)) {
      throw new IllegalArgumentException("host " + ConfigError.quote(host));
    }
    host = host.toLowerCase(Locale.ROOT);
  }

  /// Reads `HOST:PORT`.
  ///
  /// @throws IllegalArgumentException when it is not; the message names what was found
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    boolean bracketed = text.startsWith("[");
    if (colon < 0 || (bracketed && text.endsWith("]"))) {
      throw new IllegalArgumentException("address " + ConfigError.quote(text) + " without a port");
    }
    String host = text.substring(0, colon);
    if (bracketed && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
      if (!isIpv6(host)) {
        throw new IllegalArgumentException("host " + ConfigError.quote("[" + host + "]"));
      }
    } else if (host.contains(":")) {
      throw new IllegalArgumentException(
          "address " + ConfigError.quote(text) + " with colons outside of brackets");
    }
    String port = text.substring(colon + 1);
    if (!PORT.matcher(port).matches() || Integer.parseInt(port) > PORT_MAX) {
      throw new IllegalArgumentException("port " + ConfigError.quote(port));
    }
    return new HostPort(host, Integer.parseInt(port));
  }

  /// Whether only this host can reach the address: `localhost`, `127.0.0.0/8` or `::1`.
  public boolean isLoopback() {
    return host.equals("localhost") || (isLiteral() && literal().isLoopbackAddress());
  }

  /// The form that the config writes, with an IPv6 host in brackets.
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /// Equal for two spellings of one address.
  String identity() {
    return (isLiteral() ? literal().getHostAddress() : host) + " " + port;
  }

  /// Whether the host is an address and not a name.
  boolean isLiteral() {
    return isIpv4(host) || isIpv6(host);
  }

  /// Whether the host stands for all addresses: `0.0.0.0` or `::`.
  boolean isWildcard() {
    return isLiteral() && literal().isAnyLocalAddress();
  }

  boolean isMulticast() {
    return isLiteral() && literal().isMulticastAddress();
  }

  private InetAddress literal() {
    return InetAddress.ofLiteral(host);
  }

  static boolean isIpv4(String host) {
    return IPV4.matcher(host).matches();
  }

  static boolean isIpv6(String host) {
    if (!host.contains(":")) {
      return false;
    }
    try {
      Inet6Address.ofLiteral(host); // resolves nothing
      return true;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /// Labels of letters, digits, hyphens and underscores. An underscore is no host name to the RFCs,
  /// but container platforms name their services so. A last label of digits is a mistyped IPv4
  /// address.
  static boolean isDnsName(String host) {
    return host.length() <= DNS_NAME_LENGTH_MAX && DNS_NAME.matcher(host).matches();
  }

  static final int PORT_MAX = 65535;
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
  private static final int DNS_NAME_LENGTH_MAX = 253;
  private static final String LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
  private static final Pattern DNS_NAME =
      Pattern.compile("(?:" + LABEL + "\\.)*(?![0-9]+$)" + LABEL);
}
