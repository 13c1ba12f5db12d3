package io.sallyport.handshake;

import java.util.StringJoiner;

/// What is known of a peer whose handshake failed, for the operator. Every text is printable and
/// bounded; empty means unknown or not sent.
///
/// @param sni the server name asked for
/// @param alpn the application protocols offered
/// @param versions the protocol versions offered
/// @param groups the groups offered for the key exchange
/// @param ja4 the fingerprint of the ClientHello
/// @param certificate SHA-256 of the peer's certificate, in hexadecimal
public record PeerFacts(
    String sni, String alpn, String versions, String groups, String ja4, String certificate) {
  /// Nothing is known.
  public static final PeerFacts NONE = new PeerFacts("", "", "", "", "", "");

  /// What is known, as `sni=example.com ja4=t13d...`; empty when that is nothing.
  @Override
  public String toString() {
    StringJoiner known = new StringJoiner(" ");
    add(known, "sni", sni);
    add(known, "alpn", alpn);
    add(known, "versions", versions);
    add(known, "groups", groups);
    add(known, "ja4", ja4);
    add(known, "cert", certificate);
    return known.toString();
  }

  private static void add(StringJoiner known, String name, String value) {
    if (!value.isEmpty()) {
      known.add(name + "=" + value);
    }
  }
}
