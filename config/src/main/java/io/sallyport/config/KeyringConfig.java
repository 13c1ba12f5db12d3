package io.sallyport.config;

import java.util.List;

/// A named set of certificates and their private keys.
///
/// @param certificates at least one; a handshake uses the one that fits the client's SNI, else the
///   first
public record KeyringConfig(String name, List<CertificateConfig> certificates) {
  public KeyringConfig {
    Names.check(name);
    certificates = NonEmpty.copyOf("certificates", certificates);
  }
}
