package io.sallyport.config;

/// How the members of a cluster talk to each other, beyond the memory that they share.
public sealed interface MemberLinkConfig {
  /// Over TLS, with certificates on both sides.
  ///
  /// @param bind where the member listens for handshakes that others want of it: an address, and
  ///   not that of all interfaces, because the others are told to connect to it
  /// @param chain the member's certificate, which is for the name of the node, and its
  ///   intermediates, in PEM
  /// @param key the private key of that certificate, in PEM
  /// @param ca the authorities that the certificates of members are from, in PEM
  record Secured(HostPort bind, FilePath chain, FilePath key, FilePath ca)
      implements MemberLinkConfig {
    public Secured {
      checkBind(bind);
    }
  }

  /// Without TLS: statistics cross in the clear, and no handshake is done for another member.
  record Insecure() implements MemberLinkConfig {}

  /// Returns the address or says in an [IllegalArgumentException] why others cannot connect to it.
  static HostPort checkBind(HostPort bind) {
    if (!bind.isLiteral()) {
      throw new IllegalArgumentException("host \"" + bind.host() + "\", which is not an address");
    }
    if (bind.isWildcard() || bind.isMulticast()) {
      throw new IllegalArgumentException(
          "host \"" + bind.host() + "\", which is not the address of one interface");
    }
    return ServerConfig.checkAddress(bind);
  }
}
