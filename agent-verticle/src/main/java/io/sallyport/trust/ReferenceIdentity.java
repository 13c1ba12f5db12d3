package io.sallyport.trust;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The host that a client means to reach: a DNS name or an IP address (RFC 9525 §6.1).
///
/// A server's certificate is for it if its subjectAltName has it: a DNS name by an equal dNSName or
/// by a wildcard that is the whole first label, stands for exactly one label, and is followed by
/// two at least; an address by an equal iPAddress, never by a dNSName. The subject's common name
/// does not count (RFC 9525 §2).
///
/// Immutable, for any thread.
public final class ReferenceIdentity {
  private static final Pattern LITERAL =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  private final String text;
  private final byte @Nullable [] address;

  private ReferenceIdentity(String text, byte @Nullable [] address) {
    this.text = text;
    this.address = address;
  }

  /// Reads a DNS name or the literal of an IPv4 or IPv6 address. Asks no name server.
  ///
  /// An internationalized name is expected in A-labels, `xn--bcher-kva.example`; case does not
  /// matter, nor does a trailing dot. An IPv6 address has no zone and no brackets.
  ///
  /// @throws IllegalArgumentException for anything else
  public static ReferenceIdentity of(String host) {
    String name = DnsName.parse(host);
    if (name != null) {
      return new ReferenceIdentity(name, null);
    }
    byte[] address = address(host);
    if (address == null) {
      throw new IllegalArgumentException(
          "found a host that is no DNS name in ASCII and no IP address: " + host);
    }
    return new ReferenceIdentity(host, address);
  }

  /// The bytes of an address, or null for what is none, as an address with a mask.
  private static byte @Nullable [] address(String literal) {
    // ofLiteral also takes a zone, brackets, and IPv4 addresses in fewer than four numbers.
    if (!LITERAL.matcher(literal).matches()) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(literal).getAddress();
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  /// Whether a certificate is for this host. It may be anyone's: trust is another question.
  public boolean fits(X509Certificate leaf) {
    AlternativeNames names = AlternativeNames.of(leaf);
    return address == null
        ? names.dns().stream().anyMatch(this::isNamedBy)
        : names.addresses().stream().anyMatch(a -> Arrays.equals(address, address(a)));
  }

  private boolean isNamedBy(String dnsName) {
    String parent = DnsName.wildcardParent(dnsName);
    return parent == null ? dnsName.equals(text) : DnsName.isChild(text, parent);
  }

  /// The DNS name in lower case, or the address as it was given.
  @Override
  public String toString() {
    return text;
  }
}
