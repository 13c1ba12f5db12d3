package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

  /// The plaintext, which the caller wipes.
  static byte[] write(SessionTicket ticket) {
    TicketFacts facts = ticket.facts();
    byte[] serverName = bytes(facts.serverName());
    byte[] alpn = bytes(facts.alpn());
    byte[] form = new byte[length(facts, serverName, alpn)];
    ByteBuffer out = ByteBuffer.wrap(form);
    out.put(FORMAT).putShort((short) facts.version().wire()).putShort((short) facts.cipherSuite());
    out.put((byte) facts.hash().length()).put((byte) flags(facts));
    out.putLong(facts.authenticatedMs()).putLong(facts.createdMs());
    out.putInt(facts.lifetimeSeconds()).putInt(facts.ageAdd());
    out.put(facts.binding().digest());
    putShort(out, serverName);
    putShort(out, alpn);
    PeerCertificate peer = facts.peer();
    if (peer != null) {
      out.putLong(peer.notAfterMs()).putShort((short) peer.length()).put(peer.der());
    }
    // Straight from outside of the heap into the form, which is wiped.
    ticket.secret().reveal().getBytes(0, form, out.position(), out.remaining());
    return form;
  }

  private static int length(
      TicketFacts facts, byte @Nullable [] serverName, byte @Nullable [] alpn) {
    PeerCertificate peer = facts.peer();
    return FIXED_LENGTH
        + TicketBinding.LENGTH
        + facts.secretLength()
        + (serverName == null ? 0 : 1 + serverName.length)
        + (alpn == null ? 0 : 1 + alpn.length)
        + (peer == null ? 0 : Long.BYTES + Short.BYTES + peer.length());
  }

  private static int flags(TicketFacts facts) {
    return (facts.serverName() == null ? 0 : SERVER_NAME)
        | (facts.alpn() == null ? 0 : ALPN)
        | (facts.peer() == null ? 0 : PEER)
        | (facts.extendedMasterSecret() ? EXTENDED_MASTER_SECRET : 0);
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  private static void putShort(ByteBuffer out, byte @Nullable [] field) {
    if (field != null) {
      out.put((byte) field.length).put(field);
    }
  }

  /// The ticket, which the caller closes; null for anything that [#write] does not make.
  static @Nullable SessionTicket read(byte[] form) {
    try {
      return read(ByteBuffer.wrap(form));
    } catch (BufferUnderflowException | IllegalArgumentException | CharacterCodingException _) {
      return null;
    }
  }

  private static @Nullable SessionTicket read(ByteBuffer in) throws CharacterCodingException {
    if (in.get() != FORMAT) {
      return null;
    }
    TlsVersion version =
        TlsVersion.ofWire(Short.toUnsignedInt(in.getShort()))
            .orElseThrow(() -> new IllegalArgumentException("version"));
    int cipherSuite = Short.toUnsignedInt(in.getShort());
    TrafficSecret.Hash hash = hash(in.get());
    int flags = in.get();
    if ((flags & ~FLAGS) != 0) {
      return null;
    }
    long authenticatedMs = in.getLong();
    long createdMs = in.getLong();
    int lifetimeSeconds = in.getInt();
    int ageAdd = in.getInt();
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
    return new SessionTicket(facts, SecretBytes.wiping(take(in, in.remaining())));
  }

  private static TrafficSecret.Hash hash(int length) {
    return Arrays.stream(TrafficSecret.Hash.values())
        .filter(hash -> hash.length() == length)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("hash"));
  }

  private static String text(ByteBuffer in) throws CharacterCodingException {
    byte[] bytes = take(in, Byte.toUnsignedInt(in.get()));
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  private static PeerCertificate peer(ByteBuffer in) {
    long notAfterMs = in.getLong();
    return new PeerCertificate(take(in, Short.toUnsignedInt(in.getShort())), notAfterMs);
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
