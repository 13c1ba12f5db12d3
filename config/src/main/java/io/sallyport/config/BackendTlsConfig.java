package io.sallyport.config;

import java.util.List;

/// Whether a backend speaks TLS to its servers.
public sealed interface BackendTlsConfig {
  /// It does not: what the client sent goes on in the clear.
  record Off() implements BackendTlsConfig {}

  /// It does.
  ///
  /// @param keyring the name of the keyring that holds whom it trusts, and the certificates and
  ///   keys it has to show
  /// @param minVersion not above `maxVersion`
  /// @param alpn as in [TlsConfig]
  /// @param groups as in [TlsConfig]
  record On(
      String keyring,
      VerifyConfig verify,
      ServerNameConfig serverName,
      TlsVersionConfig minVersion,
      TlsVersionConfig maxVersion,
      List<String> alpn,
      List<TlsGroupConfig> groups)
      implements BackendTlsConfig {
    public On {
      TlsConfig.checkVersions(minVersion, maxVersion);
      alpn = TlsConfig.checkProtocols(alpn);
      groups = TlsConfig.checkGroups(groups);
    }
  }
}
