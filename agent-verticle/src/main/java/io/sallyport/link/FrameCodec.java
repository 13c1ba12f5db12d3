package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.keyring.KeyElsewhereException;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketTimes;
import java.time.Duration;

/// Frames to bytes and back: a length of 32 bits, then as many bytes, of which the first is the
/// type.
final class FrameCodec {
  /// Bytes of a frame behind its length: room for the view of a keyring.
  static final int LENGTH_MAX = 4 << 20;

  /// Bytes of the length.
  static final int HEADER_LENGTH = Integer.BYTES;

  private static final int HELLO = 1;
  private static final int STATUS = 2;
  private static final int PING = 3;
  private static final int WANT_VIEW = 4;
  private static final int VIEW = 5;
  private static final int SIGN = 6;
  private static final int SIGNATURE = 7;
  private static final int OPEN = 8;
  private static final int INPUT = 9;
  private static final int CANCEL = 10;
  private static final int ANSWER = 11;
  private static final int REFUSED = 12;
  private static final int WANT_TICKETS = 13;
  private static final int TICKETS = 14;
  private static final int SEAL_TICKET = 15;
  private static final int SEALED_TICKET = 16;
  private static final int OPEN_TICKET = 17;
  private static final int OPENED_TICKET = 18;
  private static final int UNOPENED_TICKET = 19;

  /// What a frame takes beside its byte fields.
  static final int ROOM = 4 << 10;

  private FrameCodec() {}

  /// A direct buffer with the frame, which never grew, so that no copy of it is left behind. The
  /// caller wipes and releases it. Buffers and secrets in the frame stay the caller's.
  static ByteBuf write(LinkFrame frame) {
    ByteBuf out = Unpooled.directBuffer(capacity(frame));
    FrameWriter writer = new FrameWriter(out.writeInt(0));
    switch (frame) {
      case LinkFrame.Hello(int protocol, String member) ->
          writer.number8(HELLO).number32(protocol).text(member);
      case LinkFrame.Status status -> write(writer.number8(STATUS), status);
      case LinkFrame.Ping() -> writer.number8(PING);
      case LinkFrame.WantView(long id, String keyring) ->
          writer.number8(WANT_VIEW).number64(id).text(keyring);
      case LinkFrame.View(long id, ByteBuf form) -> writer.number8(VIEW).number64(id).bytes(form);
      case LinkFrame.Sign sign -> write(writer.number8(SIGN), sign);
      case LinkFrame.Signature(long id, ByteBuf signature) ->
          writer.number8(SIGNATURE).number64(id).bytes(signature);
      case LinkFrame.WantTickets(long id, String keyring, TicketTimes times) ->
          write(writer.number8(WANT_TICKETS).number64(id).text(keyring), times);
      case LinkFrame.Tickets(long id, TicketRing ring) -> {
        writer.number8(TICKETS).number64(id);
        try (SecretBytes form = ring.form()) {
          writer.bytes(form.reveal());
        }
      }
      case LinkFrame.SealTicket(long id, String keyring, TicketTimes times, SecretBytes form) ->
          write(writer.number8(SEAL_TICKET).number64(id).text(keyring), times).bytes(form.reveal());
      case LinkFrame.SealedTicket(long id, ByteBuf ticket) ->
          writer.number8(SEALED_TICKET).number64(id).bytes(ticket);
      case LinkFrame.OpenTicket(long id, String keyring, TicketTimes times, ByteBuf ticket) ->
          write(writer.number8(OPEN_TICKET).number64(id).text(keyring), times).bytes(ticket);
      case LinkFrame.OpenedTicket(long id, SecretBytes form) ->
          writer.number8(OPENED_TICKET).number64(id).bytes(form.reveal());
      case LinkFrame.UnopenedTicket(long id, Reason reason) ->
          writer.number8(UNOPENED_TICKET).number64(id).constant(reason);
      case LinkFrame.Open(long id, var request) ->
          RequestForm.write(writer.number8(OPEN).number64(id), request);
      case LinkFrame.Input(long id, ByteBuf bytes) ->
          writer.number8(INPUT).number64(id).bytes(bytes);
      case LinkFrame.Cancel(long id) -> writer.number8(CANCEL).number64(id);
      case LinkFrame.Answer(long id, var answer, var peer) ->
          AnswerForm.write(writer.number8(ANSWER).number64(id), answer, peer);
      case LinkFrame.Refused(long id, var cause, String detail) ->
          writer.number8(REFUSED).number64(id).constant(cause).text(detail);
    }
    return out.setInt(0, out.readableBytes() - HEADER_LENGTH);
  }

  private static void write(FrameWriter writer, LinkFrame.Status status) {
    writer
        .number32(status.pending())
        .number32(status.running())
        .list(
            status.offers(),
            offer ->
                writer
                    .text(offer.keyring())
                    .number64(offer.version())
                    .flag(offer.relay())
                    .flag(offer.ticketsSealed())
                    .flag(offer.granted()));
  }

  /// The lifetime says it all: nobody chooses how long another member's keys seal.
  private static FrameWriter write(FrameWriter writer, TicketTimes times) {
    return writer.number64(times.lifetime().toSeconds());
  }

  private static void write(FrameWriter writer, LinkFrame.Sign sign) {
    writer
        .number64(sign.id())
        .text(sign.keyring())
        .number32(sign.privateKey().number())
        .text(sign.certificate())
        .constant(sign.scheme())
        .text(sign.purpose().consumer())
        .text(sign.purpose().serverName())
        .bytes(sign.content());
  }

  /// Of the buffer that a frame is written into.
  static int capacity(LinkFrame frame) {
    return HEADER_LENGTH + ROOM + byteFields(frame);
  }

  private static int byteFields(LinkFrame frame) {
    return switch (frame) {
      case LinkFrame.View view -> view.form().readableBytes();
      case LinkFrame.Sign sign -> sign.content().readableBytes();
      case LinkFrame.SealTicket seal -> seal.form().length();
      case LinkFrame.SealedTicket sealed -> sealed.ticket().readableBytes();
      case LinkFrame.OpenTicket open -> open.ticket().readableBytes();
      case LinkFrame.OpenedTicket opened -> opened.form().length();
      case LinkFrame.Input input -> input.bytes().readableBytes();
      case LinkFrame.Answer(_, HandshakeAnswer.Established established, var peer) ->
          established.output().readableBytes()
              + established.unconsumed().readableBytes()
              + established.messages().readableBytes()
              + AnswerForm.room(peer);
      case LinkFrame.Answer(_, var answer, _) -> answer.output().readableBytes();
      default -> 0;
    };
  }

  /// Reads the bytes behind the length, all of them. They stay the caller's, who wipes them.
  ///
  /// @throws MalformedFrameException when they are no frame
  static LinkFrame read(ByteBuf bytes) throws MalformedFrameException {
    FrameReader reader = new FrameReader(bytes);
    LinkFrame frame = readFields(reader);
    try {
      reader.end();
    } catch (MalformedFrameException e) {
      discard(frame);
      throw e;
    }
    return frame;
  }

  private static LinkFrame readFields(FrameReader in) throws MalformedFrameException {
    int type = in.number8();
    return switch (type) {
      case HELLO -> new LinkFrame.Hello(in.number32(), in.line());
      case STATUS -> new LinkFrame.Status(in.number32(), in.number32(), in.list(() -> offer(in)));
      case PING -> new LinkFrame.Ping();
      case WANT_VIEW -> new LinkFrame.WantView(in.number64(), in.line());
      case VIEW -> new LinkFrame.View(in.number64(), onHeap(in));
      case SIGN -> sign(in);
      case SIGNATURE -> new LinkFrame.Signature(in.number64(), onHeap(in));
      case WANT_TICKETS -> new LinkFrame.WantTickets(in.number64(), in.line(), times(in));
      case TICKETS -> new LinkFrame.Tickets(in.number64(), ring(in));
      case SEAL_TICKET -> new LinkFrame.SealTicket(in.number64(), in.line(), times(in), secret(in));
      case SEALED_TICKET -> new LinkFrame.SealedTicket(in.number64(), onHeap(in));
      case OPEN_TICKET -> new LinkFrame.OpenTicket(in.number64(), in.line(), times(in), onHeap(in));
      case OPENED_TICKET -> new LinkFrame.OpenedTicket(in.number64(), secret(in));
      case UNOPENED_TICKET ->
          new LinkFrame.UnopenedTicket(in.number64(), in.constant(Reason.class));
      case OPEN -> new LinkFrame.Open(in.number64(), RequestForm.read(in));
      case INPUT -> new LinkFrame.Input(in.number64(), in.buffer());
      case CANCEL -> new LinkFrame.Cancel(in.number64());
      case ANSWER -> AnswerForm.read(in.number64(), in);
      case REFUSED ->
          new LinkFrame.Refused(
              in.number64(), in.constant(KeyElsewhereException.Cause.class), in.line());
      default -> throw new MalformedFrameException("a frame of the unknown type " + type);
    };
  }

  private static LinkFrame.Offer offer(FrameReader in) throws MalformedFrameException {
    return new LinkFrame.Offer(in.line(), in.number64(), in.flag(), in.flag(), in.flag());
  }

  private static TicketTimes times(FrameReader in) throws MalformedFrameException {
    try {
      return TicketTimes.lasting(Duration.ofSeconds(in.number64()));
    } catch (IllegalArgumentException | ArithmeticException _) {
      throw new MalformedFrameException("times of tickets that cannot be");
    }
  }

  private static TicketRing ring(FrameReader in) throws MalformedFrameException {
    try (SecretBytes form = SecretBytes.wiping(in.bytes())) {
      return TicketRing.read(form)
          .orElseThrow(() -> new MalformedFrameException("no ring of ticket keys"));
    }
  }

  /// Without a stay on the heap.
  private static SecretBytes secret(FrameReader in) throws MalformedFrameException {
    ByteBuf bytes = in.slice();
    if (!bytes.isReadable()) {
      throw new MalformedFrameException("a ticket that holds nothing");
    }
    SecretBytes secret = SecretBytes.zeros(bytes.readableBytes());
    secret.reveal().setBytes(0, bytes);
    return secret;
  }

  private static LinkFrame.Sign sign(FrameReader in) throws MalformedFrameException {
    return new LinkFrame.Sign(
        in.number64(),
        in.line(),
        new KeySerial(in.number32()),
        in.line(),
        in.constant(SignatureScheme.class),
        new KeyPurpose(in.line(), in.line()),
        onHeap(in));
  }

  private static ByteBuf onHeap(FrameReader in) throws MalformedFrameException {
    return Unpooled.wrappedBuffer(in.bytes());
  }

  /// Gives back and wipes what a frame holds that nobody takes.
  static void discard(LinkFrame frame) {
    switch (frame) {
      case LinkFrame.Input(_, ByteBuf bytes) -> bytes.release();
      case LinkFrame.Answer(_, var answer, _) -> answer.discard();
      case LinkFrame.Tickets(_, TicketRing ring) -> ring.close();
      case LinkFrame.SealTicket(_, _, _, SecretBytes form) -> form.close();
      case LinkFrame.OpenedTicket(_, SecretBytes form) -> form.close();
      default -> {}
    }
  }
}
