package io.sallyport.handshake;

/// Which side of a handshake to take, and how to authenticate: message type and authentication mode
/// of the kernel's `HANDSHAKE_CMD_ACCEPT`.
public enum HandshakeKind {
  /// A client that shows no identity and verifies none: encryption only.
  CLIENT_HELLO_ANON,
  /// A client that verifies the server's certificate, and shows one when it has one and is asked.
  CLIENT_HELLO_X509,
  /// A client that proves a pre-shared key.
  CLIENT_HELLO_PSK,
  /// A server with a certificate.
  SERVER_HELLO_X509,
  /// A server that demands a pre-shared key.
  SERVER_HELLO_PSK;

  /// Whether this side speaks first.
  public boolean isClient() {
    return switch (this) {
      case CLIENT_HELLO_ANON, CLIENT_HELLO_X509, CLIENT_HELLO_PSK -> true;
      case SERVER_HELLO_X509, SERVER_HELLO_PSK -> false;
    };
  }

  /// Whether a pre-shared key authenticates both sides.
  public boolean isPsk() {
    return this == CLIENT_HELLO_PSK || this == SERVER_HELLO_PSK;
  }
}
