package io.sallyport.config;

import java.util.List;

/// A named set of what proves who we are, and of what others prove that to us with. At least one of
/// its parts is there.
///
/// @param certificates may be empty; a handshake uses the one that fits the client's SNI, else the
///   first
/// @param clientTrust whose certificates clients may present; never the JDK's choice, which is
///   about servers
/// @param serverTrust whose certificates servers may present
/// @param psks may be empty; no identity twice
/// @param sharing the default where there is no cluster
public record KeyringConfig(
    String name,
    List<CertificateConfig> certificates,
    TrustConfig clientTrust,
    TrustConfig serverTrust,
    List<PskConfig> psks,
    KeyringSharingConfig sharing) {
  public KeyringConfig {
    Names.check(name);
    certificates = List.copyOf(certificates);
    psks = List.copyOf(psks);
    Unique.check("identity", psks, PskConfig::identity);
    if (clientTrust instanceof TrustConfig.SystemDefault) {
      throw new IllegalArgumentException("client-ca system");
    }
    if (certificates.isEmpty()
        && psks.isEmpty()
        && clientTrust instanceof TrustConfig.None
        && serverTrust instanceof TrustConfig.None) {
      throw new IllegalArgumentException("keyring " + name + " without anything in it");
    }
  }

  /// A keyring that is shared as they are when nothing else is said.
  public KeyringConfig(
      String name,
      List<CertificateConfig> certificates,
      TrustConfig clientTrust,
      TrustConfig serverTrust,
      List<PskConfig> psks) {
    this(name, certificates, clientTrust, serverTrust, psks, KeyringSharingConfig.DEFAULT);
  }

  /// Whether a server can show who it is.
  public boolean hasCertificates() {
    return !certificates.isEmpty();
  }

  /// Whether certificates of clients can be verified.
  public boolean trustsClients() {
    return !(clientTrust instanceof TrustConfig.None);
  }

  /// Whether certificates of servers can be verified.
  public boolean trustsServers() {
    return !(serverTrust instanceof TrustConfig.None);
  }
}
