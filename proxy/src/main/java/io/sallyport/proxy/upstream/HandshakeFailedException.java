package io.sallyport.proxy.upstream;

/// A server accepted the connection, but came to no session; the message says why.
final class HandshakeFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  HandshakeFailedException(String reason) {
    super("handshake failed: " + reason, null, false, false);
  }
}
