package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.ktls.SecretBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// Makes sessions of the NewSessionTicket messages of one connection of TLS 1.3 (RFC 9846 §4.7.1).
///
/// Holds the resumption secret until [#close()]. The first [ClientSessions#SESSIONS_MAX] tickets
/// are kept, [#TICKETS_MAX] are taken: servers give two or four, and one that sends them without
/// end is no server.
final class ClientTickets implements PostHandshake {
  /// Bytes of a message: a ticket of full length and its header.
  private static final int MESSAGE_MAX = 4 + 4 + 4 + 256 + 2 * (2 + 0xFFFF);

  /// Tickets of one connection.
  static final int TICKETS_MAX = 1024;

  private static final int HEADER_LENGTH = 4;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final ClientSessions sessions;
  private final ClientSessions.Scope scope;
  private final Suite suite;
  private final @Nullable PeerIdentity server;
  private final long expiresMs;
  private @Nullable SecretBytes resumptionSecret;

  /// The beginning of a message. On the heap: it holds no secret, and is rarely there at all.
  private ByteBuf pending = Unpooled.buffer(0);

  private int taken;

  /// @param server who the server proved to be; null for nobody
  /// @param expiresMs when the server's certificate does; a ticket never lasts longer
  /// @param resumptionSecret owned; null to keep no ticket
  ClientTickets(
      ClientSessions sessions,
      ClientSessions.Scope scope,
      Suite suite,
      @Nullable PeerIdentity server,
      long expiresMs,
      @Nullable SecretBytes resumptionSecret) {
    this.sessions = sessions;
    this.scope = scope;
    this.suite = suite;
    this.server = server;
    this.expiresMs = expiresMs;
    this.resumptionSecret = resumptionSecret;
  }

  @Override
  public boolean received(ByteBuf content) {
    pending.writeBytes(content);
    content.release();
    while (isWhole(pending)) {
      int type = pending.readUnsignedByte();
      ByteBuf body = pending.readSlice(pending.readUnsignedMedium());
      if (type != HandshakeType.new_session_ticket || taken == TICKETS_MAX || !keep(body)) {
        return false;
      }
    }
    if (!pending.isReadable()) {
      pending = Unpooled.buffer(0);
    }
    return isPlausible(pending);
  }

  private static boolean isWhole(ByteBuf messages) {
    return messages.readableBytes() >= HEADER_LENGTH
        && messages.readableBytes()
            >= HEADER_LENGTH + messages.getUnsignedMedium(messages.readerIndex() + 1);
  }

  /// What waits for its end is bounded by what a ticket can be.
  private static boolean isPlausible(ByteBuf beginning) {
    return beginning.readableBytes() < HEADER_LENGTH
        || beginning.getUnsignedMedium(beginning.readerIndex() + 1) <= MESSAGE_MAX;
  }

  /// False when it is no NewSessionTicket.
  private boolean keep(ByteBuf body) {
    try {
      long lifetimeSeconds = body.readUnsignedInt();
      int ageAdd = body.readInt();
      byte[] nonce = new byte[body.readUnsignedByte()];
      body.readBytes(nonce);
      byte[] ticket = new byte[body.readUnsignedShort()];
      body.readBytes(ticket);
      if (ticket.length == 0 || body.readUnsignedShort() != body.readableBytes()) {
        return false;
      }
      keep(lifetimeSeconds, ageAdd, nonce, ticket);
      return true;
    } catch (IndexOutOfBoundsException _) {
      return false;
    }
  }

  private void keep(long lifetimeSeconds, int ageAdd, byte[] nonce, byte[] ticket) {
    long lifetime = Math.min(lifetimeSeconds, scope.policy().ticketLifetime().toSeconds()) * 1000;
    if (taken++ >= ClientSessions.SESSIONS_MAX || lifetime == 0 || resumptionSecret == null) {
      return;
    }
    long now = sessions.nowMs();
    sessions.put(
        scope,
        new ClientSession(
            suite,
            psk(resumptionSecret, nonce),
            ticket,
            ageAdd,
            now,
            Math.min(now + lifetime, expiresMs),
            server));
  }

  private SecretBytes psk(SecretBytes resumption, byte[] nonce) {
    byte[] bytes = new byte[resumption.length()];
    resumption.reveal().getBytes(0, bytes);
    TlsSecret secret = new JdkTlsSecret(new JdkTlsCrypto(RANDOM), bytes);
    try {
      int hash = suite.usesSha384() ? CryptoHashAlgorithm.sha384 : CryptoHashAlgorithm.sha256;
      return SecretBytes.wiping(
          TlsCryptoUtils.hkdfExpandLabel(secret, hash, "resumption", nonce, bytes.length)
              .extract());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      secret.destroy();
    }
  }

  @Override
  public void close() {
    if (resumptionSecret != null) {
      resumptionSecret.close();
      resumptionSecret = null;
    }
  }
}
