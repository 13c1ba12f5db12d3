package io.sallyport.ticket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The bytes of a ticket before they are sealed: all of a [SessionTicket] in order, big-endian,
/// each variable field behind its length, and the secret at the end. One ticket has one form, and
/// what is read must be exactly that.
final class TicketForm {
  private static final byte FORMAT = 1;
  private static final int FIXED_LENGTH = 1 + 2 + 2 + 1 + 1 + 8 + 8 + 4 + 4;
  private static final int SERVER_NAME = 1;
  private static final int ALPN = 1 << 1;
  private static final int PEER = 1 << 2;
  private static final int EXTENDED_MASTER_SECRET = 1 << 3;
  private static final int FLAGS = SERVER_NAME | ALPN | PEER | EXTENDED_MASTER_SECRET;

  private TicketForm() {}

  /// Appends a ticket. The caller wipes `out`.
  static void write(SessionTicket ticket, ByteBuf out) {
    TicketFacts facts = ticket.facts();
    out.writeByte(FORMAT).writeShort(facts.version().wire()).writeShort(facts.cipherSuite());
    out.writeByte(facts.hash().length()).writeByte(flags(facts));
    out.writeLong(facts.authenticatedMs()).writeLong(facts.createdMs());
    out.writeInt(facts.lifetimeSeconds()).writeInt(facts.ageAdd());
    out.writeBytes(facts.binding().digest());
    writeText(out, facts.serverName());
    writeText(out, facts.alpn());
    PeerCertificate peer = facts.peer();
    if (peer != null) {
      out.writeLong(peer.notAfterMs()).writeShort(peer.length()).writeBytes(peer.der());
    }
    out.writeBytes(ticket.secret().reveal(), 0, facts.secretLength());
  }

  /// Bytes that [#write] appends.
  static int length(TicketFacts facts) {
    PeerCertificate peer = facts.peer();
    return FIXED_LENGTH
        + TicketBinding.LENGTH
        + facts.secretLength()
        + textLength(facts.serverName())
        + textLength(facts.alpn())
        + (peer == null ? 0 : Long.BYTES + Short.BYTES + peer.length());
  }

  private static int flags(TicketFacts facts) {
    return (facts.serverName() == null ? 0 : SERVER_NAME)
        | (facts.alpn() == null ? 0 : ALPN)
        | (facts.peer() == null ? 0 : PEER)
        | (facts.extendedMasterSecret() ? EXTENDED_MASTER_SECRET : 0);
  }

  private static int textLength(@Nullable String text) {
    return text == null ? 0 : 1 + ByteBufUtil.utf8Bytes(text);
  }

  private static void writeText(ByteBuf out, @Nullable String text) {
    if (text != null) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      out.writeByte(bytes.length).writeBytes(bytes);
    }
  }

  /// The ticket, which the caller closes; null for anything that [#write] does not make. Reads all
  /// that `in` has.
  static @Nullable SessionTicket read(ByteBuf in) {
    try {
      return readWhole(in);
    } catch (IndexOutOfBoundsException | IllegalArgumentException | CharacterCodingException _) {
      return null;
    }
  }

  private static @Nullable SessionTicket readWhole(ByteBuf in) throws CharacterCodingException {
    if (in.readByte() != FORMAT) {
      return null;
    }
    TlsVersion version =
        TlsVersion.ofWire(in.readUnsignedShort())
            .orElseThrow(() -> new IllegalArgumentException("version"));
    int cipherSuite = in.readUnsignedShort();
    TrafficSecret.Hash hash = hash(in.readByte());
    int flags = in.readByte();
    if ((flags & ~FLAGS) != 0) {
      return null;
    }
    long authenticatedMs = in.readLong();
    long createdMs = in.readLong();
    int lifetimeSeconds = in.readInt();
    int ageAdd = in.readInt();
    TicketBinding binding = TicketBinding.ofDigest(take(in, TicketBinding.LENGTH));
    TicketFacts facts =
        new TicketFacts(
            version,
            cipherSuite,
            hash,
            authenticatedMs,
            createdMs,
            lifetimeSeconds,
            ageAdd,
            (flags & EXTENDED_MASTER_SECRET) != 0,
            (flags & SERVER_NAME) == 0 ? null : text(in),
            (flags & ALPN) == 0 ? null : text(in),
            (flags & PEER) == 0 ? null : peer(in),
            binding);
    // Whatever is left is the secret, or the ticket refuses it.
    return new SessionTicket(facts, SecretBytes.wiping(take(in, in.readableBytes())));
  }

  private static TrafficSecret.Hash hash(int length) {
    for (TrafficSecret.Hash hash : TrafficSecret.Hash.values()) {
      if (hash.length() == length) {
        return hash;
      }
    }
    throw new IllegalArgumentException("hash");
  }

  private static String text(ByteBuf in) throws CharacterCodingException {
    byte[] bytes = take(in, in.readUnsignedByte());
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private static PeerCertificate peer(ByteBuf in) {
    long notAfterMs = in.readLong();
    return new PeerCertificate(take(in, in.readUnsignedShort()), notAfterMs);
  }

  private static byte[] take(ByteBuf in, int length) {
    // Before there is an array of that length.
    if (length > in.readableBytes()) {
      throw new IndexOutOfBoundsException();
    }
    byte[] bytes = new byte[length];
    in.readBytes(bytes);
    return bytes;
  }
}
