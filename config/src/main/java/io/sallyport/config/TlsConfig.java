package io.sallyport.config;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// How a listener speaks TLS.
///
/// @param keyring the name of the keyring that holds its certificates
/// @param minVersion not above `maxVersion`
/// @param alpn protocol ids (RFC 7301), most preferred first, each 1 to 255 bytes of UTF-8, none
///   twice; empty: no protocol is negotiated
public record TlsConfig(
    String keyring, TlsVersionConfig minVersion, TlsVersionConfig maxVersion, List<String> alpn) {
  static final String ALPN_FORM = "a protocol id of 1 to 255 bytes, as h2 or http/1.1";
  private static final int ALPN_BYTES_MAX = 255;

  public TlsConfig {
    if (minVersion.compareTo(maxVersion) > 0) {
      throw new IllegalArgumentException(
          "min-version " + minVersion + " above max-version " + maxVersion);
    }
    alpn = List.copyOf(alpn);
    alpn.forEach(TlsConfig::checkProtocol);
    Unique.check("protocol", alpn, protocol -> protocol);
  }

  static String checkProtocol(String protocol) {
    int length = protocol.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > ALPN_BYTES_MAX) {
      throw new IllegalArgumentException("a protocol id of " + length + " bytes");
    }
    return protocol;
  }
}
