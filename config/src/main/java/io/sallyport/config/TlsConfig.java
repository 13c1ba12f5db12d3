package io.sallyport.config;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// How a listener speaks TLS.
///
/// @param keyring the name of the keyring that holds its certificates, and whom it trusts
/// @param minVersion not above `maxVersion`
/// @param alpn protocol ids (RFC 7301), most preferred first, each 1 to 255 bytes of UTF-8, none
///   twice; empty: no protocol is negotiated
/// @param groups at least one, none twice
/// @param strictSni whether a client that asks for a name that no certificate has is refused; else
///   it is shown the first certificate
public record TlsConfig(
    String keyring,
    TlsVersionConfig minVersion,
    TlsVersionConfig maxVersion,
    List<String> alpn,
    List<TlsGroupConfig> groups,
    ClientAuthConfig clientAuth,
    boolean strictSni,
    TicketConfig tickets) {
  /// All that there are.
  public static final List<TlsGroupConfig> DEFAULT_GROUPS = List.of(TlsGroupConfig.values());

  static final String ALPN_FORM = "a protocol id of 1 to 255 bytes, as h2 or http/1.1";
  private static final int ALPN_BYTES_MAX = 255;

  public TlsConfig {
    checkVersions(minVersion, maxVersion);
    alpn = checkProtocols(alpn);
    groups = checkGroups(groups);
  }

  static void checkVersions(TlsVersionConfig min, TlsVersionConfig max) {
    if (min.compareTo(max) > 0) {
      throw new IllegalArgumentException("min-version " + min + " above max-version " + max);
    }
  }

  static List<String> checkProtocols(List<String> alpn) {
    alpn.forEach(TlsConfig::checkProtocol);
    Unique.check("protocol", alpn, protocol -> protocol);
    return List.copyOf(alpn);
  }

  static String checkProtocol(String protocol) {
    int length = protocol.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > ALPN_BYTES_MAX) {
      throw new IllegalArgumentException("a protocol id of " + length + " bytes");
    }
    return protocol;
  }

  static List<TlsGroupConfig> checkGroups(List<TlsGroupConfig> groups) {
    Unique.check("group", groups, group -> group);
    return NonEmpty.copyOf("groups", groups);
  }
}
