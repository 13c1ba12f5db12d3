package io.sallyport.proxy.upstream;

import io.sallyport.handshake.PostHandshake;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.proxy.balance.Server;

/// The server that a connection goes to.
///
/// @param socket ready for data, with keys where its backend speaks TLS; whoever has it closes it
/// @param postHandshake takes the handshake messages that the server sends from now on; closed with
///   the socket
public record Upstream(Server server, KtlsSocket socket, PostHandshake postHandshake) {
  /// Drops both without a word.
  public void reset() {
    socket.reset();
    postHandshake.close();
  }
}
