package io.sallyport.handshake;

import io.netty.buffer.ByteBuf;

/// Takes the handshake messages that the peer of a session sends behind its handshake, which arrive
/// as control records: tickets, for a client. KeyUpdate is the record layer's own business and
/// never gets here.
///
/// For the thread of the socket. Whoever holds it closes it with the connection: it may hold a
/// secret.
public interface PostHandshake extends AutoCloseable {
  /// Knows no message: what a server's client may send (RFC 9846 §4.7).
  PostHandshake NONE =
      new PostHandshake() {
        @Override
        public boolean received(ByteBuf content) {
          content.release();
          return false;
        }

        @Override
        public void close() {}
      };

  /// The peer sent a record of handshake messages, or of pieces of them. Takes ownership.
  ///
  /// @return whether it may; if not, end the connection with the alert unexpected_message
  boolean received(ByteBuf content);

  /// Wipes what it holds.
  @Override
  void close();
}
