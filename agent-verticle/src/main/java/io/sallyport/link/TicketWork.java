package io.sallyport.link;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.TicketCipher.Unsealed;
import io.sallyport.ticket.TicketSealer;
import java.util.Optional;

/// Seals and opens tickets for one other member, which may use the keyring and does not get its
/// ticket keys: tickets that it issued just now, and those whose time is not over. On a thread that
/// may wait. Not in the audit log, which is of private and pre-shared keys.
record TicketWork(AnsweringService service) {
  /// Takes over the form.
  LinkFrame seal(LinkFrame.SealTicket asked) {
    try (SecretBytes form = asked.form()) {
      return service
          .sealers()
          .of(asked.keyring(), asked.times().lifetime())
          .flatMap(sealer -> sealer.sealForMember(form))
          .<LinkFrame>map(
              ticket -> new LinkFrame.SealedTicket(asked.id(), Unpooled.wrappedBuffer(ticket)))
          .orElseGet(() -> busy(asked.id()));
    }
  }

  LinkFrame open(LinkFrame.OpenTicket asked) {
    Optional<TicketSealer> sealer = service.sealers().of(asked.keyring(), asked.times().lifetime());
    if (sealer.isEmpty()) {
      return busy(asked.id());
    }
    return switch (sealer.get().openForMember(ByteBufUtil.getBytes(asked.ticket()))) {
      case Unsealed.Form(SecretBytes form) -> new LinkFrame.OpenedTicket(asked.id(), form);
      case Unsealed.Refused(var reason) -> new LinkFrame.UnopenedTicket(asked.id(), reason);
    };
  }

  private static LinkFrame busy(long id) {
    return new LinkFrame.Refused(id, Cause.BUSY, "the ticket keys cannot be had now");
  }
}
