package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import io.sallyport.audit.KeyUse;
import io.sallyport.audit.KeyUse.Operation;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringView;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ticket.TicketCipher;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketSealer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The answering side of the link from one other member: checks who asks, whether it may, and
/// answers. What it may not has an answer too, and a line in the log.
///
/// Bounded by [#WORKING_MAX] requests under way, beside handshakes; a member that says nothing for
/// [#SILENCE_MS] is gone. Owned by the event loop of its socket.
final class AskedLink implements FrameSocket.Handler {
  /// The asking side pings twice a second.
  static final int SILENCE_MS = 5_000;

  /// Who has all of these links.
  interface Owner {
    /// The link says whose it is.
    void named(AskedLink link, String member);

    void ended(AskedLink link);
  }

  private static final Logger LOG = System.getLogger("sallyport.link");

  /// Requests of one member that wait for a thread: a quarter of what waits there in all, so that
  /// one member cannot keep the others from theirs.
  static final int WORKING_MAX = 1024;

  /// Bytes to be signed, as many as a peer may send in a handshake; nearly all of them are 130.
  static final int SIGNED_LENGTH_MAX = 128 << 10;

  private static final int REFUSAL_LINE_MS = 1_000;
  private static final long MILLI_NANOS = 1_000_000;

  private final AnsweringService service;
  private final EventLoop loop;
  private final List<String> certifiedNames;
  private final String peer;
  private final Owner owner;
  private final FrameSocket socket;
  private final RelayedHere relayed;
  private int working;
  private long deniedMs = nowMs() - REFUSAL_LINE_MS;
  private final Silence silence = new Silence(SILENCE_MS, nowMs());

  /// Who asks; null until it said so.
  private @Nullable String member;

  /// @param identity of the certificate that the other end proved
  /// @param peer its address, for log lines
  AskedLink(
      AnsweringService service,
      EventLoop loop,
      KtlsSocket session,
      PeerIdentity identity,
      String peer,
      Owner owner) {
    this.service = service;
    this.loop = loop;
    this.certifiedNames = identity.names();
    this.peer = peer;
    this.owner = owner;
    socket = new FrameSocket(session, this);
    relayed = new RelayedHere(service, loop, socket);
  }

  private static long nowMs() {
    return System.nanoTime() / MILLI_NANOS;
  }

  void start() {
    socket.send(new LinkFrame.Hello(LinkFrame.PROTOCOL, service.ownName()));
    socket.start();
  }

  /// Called twice a second.
  void tick() {
    if (silence.isTooLong(nowMs())) {
      end("it has said nothing for " + SILENCE_MS + " ms");
    } else if (socket.isOverfull()) {
      refuse("it does not take what is sent to it");
    } else if (member != null) {
      socket.send(status(member));
    }
  }

  private LinkFrame.Status status(String asking) {
    return new LinkFrame.Status(
        service.pending().getAsInt() + working,
        service.running().getAsInt(),
        service.shared().get().stream()
            .limit(FrameReader.LIST_MAX)
            .map(shared ->
                new LinkFrame.Offer(
                    shared.name(),
                    shared.version(),
                    shared.relay(),
                    shared.ticketsSealed(),
                    shared.members().contains(asking)))
            .toList());
  }

  void end(String why) {
    socket.end(why);
  }

  @Override
  public void ended(String why) {
    relayed.cancelAll();
    owner.ended(this);
    LOG.log(Level.DEBUG, "link from " + asker() + " ended: " + why);
  }

  private String asker() {
    return member == null ? "a member at " + peer : "member " + member + " at " + peer;
  }

  @Override
  public void received(LinkFrame frame) {
    silence.heard(nowMs());
    if (frame instanceof LinkFrame.Hello hello) {
      greet(hello);
      return;
    }
    String asking = member;
    if (asking == null) {
      FrameCodec.discard(frame);
      refuse("it did not say who it is");
      return;
    }
    switch (frame) {
      case LinkFrame.Ping() -> {}
      case LinkFrame.WantView(long id, String keyring) -> view(id, keyring, asking);
      case LinkFrame.WantTickets wanted -> tickets(wanted, asking);
      case LinkFrame.SealTicket seal -> seal(seal, asking);
      case LinkFrame.OpenTicket open -> open(open, asking);
      case LinkFrame.Sign sign -> sign(sign, asking);
      case LinkFrame.Open open -> open(open, asking);
      case LinkFrame.Input(long id, var bytes) -> relayed.received(id, bytes);
      case LinkFrame.Cancel(long id) -> relayed.cancel(id);
      case LinkFrame.Hello _,
          LinkFrame.Status _,
          LinkFrame.View _,
          LinkFrame.Signature _,
          LinkFrame.Tickets _,
          LinkFrame.SealedTicket _,
          LinkFrame.OpenedTicket _,
          LinkFrame.UnopenedTicket _,
          LinkFrame.Answer _,
          LinkFrame.Refused _ -> {
        FrameCodec.discard(frame);
        refuse("it answers on a link that is there to ask");
      }
    }
  }

  private void refuse(String why) {
    LOG.log(Level.WARNING, "link from " + asker() + " refused: " + why);
    end(why);
  }

  private void greet(LinkFrame.Hello hello) {
    if (hello.protocol() != LinkFrame.PROTOCOL) {
      refuse(
          "it speaks version " + hello.protocol() + " of the link, expected " + LinkFrame.PROTOCOL);
    } else if (!certifiedNames.contains(hello.member())) {
      refuse(
          "it says that it is "
              + hello.member()
              + ", and its certificate is for "
              + certifiedNames
              + "; give it a certificate with its node name as dNSName");
    } else {
      member = hello.member();
      owner.named(this, hello.member());
      socket.send(status(hello.member()));
    }
  }

  // ---- What may be asked.

  /// Why `asking` may not use a keyring; empty when it may.
  private Optional<String> denial(String keyring, String asking) {
    SharedKeyring shared = shared(keyring);
    if (shared == null) {
      return Optional.of("member " + service.ownName() + " cannot open keyring " + keyring);
    }
    return shared.members().contains(asking)
        ? Optional.empty()
        : Optional.of(
            "member "
                + asking
                + " is not granted keyring "
                + keyring
                + "; grant it with \"sallyport keys grant "
                + keyring
                + " "
                + asking
                + "\"");
  }

  private @Nullable SharedKeyring shared(String keyring) {
    for (SharedKeyring shared : service.shared().get()) {
      if (shared.name().equals(keyring)) {
        return shared;
      }
    }
    return null;
  }

  private void answerRefused(long id, String why) {
    if (isNews()) {
      LOG.log(Level.WARNING, "request of " + asker() + " refused: " + why);
    }
    socket.send(new LinkFrame.Refused(id, Cause.REFUSED, why));
  }

  private void view(long id, String name, String asking) {
    Optional<String> denied = denial(name, asking);
    Keyring keyring = denied.isPresent() ? null : service.keyrings().acquire(name).orElse(null);
    if (keyring == null) {
      answerRefused(id, denied.orElse("keyring " + name + " is gone"));
      return;
    }
    try {
      ByteBuf form = ViewForm.write(KeyringView.of(keyring));
      if (form.readableBytes() + FrameCodec.ROOM > FrameCodec.LENGTH_MAX) {
        answerRefused(
            id,
            "keyring "
                + name
                + " is too large for a link: certificates, authorities and CRLs come"
                + " to "
                + form.readableBytes()
                + " bytes, expected at most "
                + (FrameCodec.LENGTH_MAX - FrameCodec.ROOM));
      } else {
        socket.send(new LinkFrame.View(id, form));
      }
    } catch (IllegalArgumentException e) {
      answerRefused(id, "keyring " + name + " is too large for a link: " + e.getMessage());
    } finally {
      keyring.release();
    }
  }

  private void tickets(LinkFrame.WantTickets wanted, String asking) {
    Optional<String> denied = denial(wanted.keyring(), asking);
    SharedKeyring shared = shared(wanted.keyring());
    if (denied.isPresent() || shared == null) {
      answerRefused(wanted.id(), denied.orElse("the keyring is gone"));
    } else if (shared.ticketsSealed()) {
      // No line in the log: it is how the keyring is meant to be.
      socket.send(
          new LinkFrame.Refused(
              wanted.id(),
              Cause.REFUSED,
              "the ticket keys of keyring " + wanted.keyring() + " are sealed"));
    } else {
      boolean _ = work(wanted.id(), service.waiting(), () -> found(wanted));
    }
  }

  /// On a thread that may wait.
  private LinkFrame found(LinkFrame.WantTickets wanted) {
    return switch (service.tickets().ring(wanted.keyring(), wanted.times())) {
      case TicketRings.Found.Ring(TicketRing ring) -> new LinkFrame.Tickets(wanted.id(), ring);
      case TicketRings.Found.Elsewhere _, TicketRings.Found.Denied _, TicketRings.Found.Unknown _ ->
          new LinkFrame.Refused(wanted.id(), Cause.BUSY, "the ticket keys cannot be had now");
    };
  }

  private void seal(LinkFrame.SealTicket asked, String asking) {
    boolean taken =
        mayWorkOnTicket(
                asked.id(),
                asked.keyring(),
                asked.form().length() <= TicketCipher.FORM_LENGTH_MAX,
                asking)
            && work(asked.id(), service.waiting(), () -> new TicketWork(service).seal(asked));
    if (!taken) {
      asked.form().close();
    }
  }

  private void open(LinkFrame.OpenTicket asked, String asking) {
    boolean fits = asked.ticket().readableBytes() <= TicketSealer.LENGTH_MAX;
    if (mayWorkOnTicket(asked.id(), asked.keyring(), fits, asking)) {
      boolean _ = work(asked.id(), service.waiting(), () -> new TicketWork(service).open(asked));
    }
  }

  /// False when it was refused.
  private boolean mayWorkOnTicket(long id, String keyring, boolean fits, String asking) {
    Optional<String> denied =
        fits ? denial(keyring, asking) : Optional.of("a ticket is not as long as that");
    denied.ifPresent(why -> answerRefused(id, why));
    return denied.isEmpty();
  }

  private void sign(LinkFrame.Sign sign, String asking) {
    Optional<String> denied = denial(sign.keyring(), asking);
    Optional<Operation> operation =
        sign.content().readableBytes() > SIGNED_LENGTH_MAX
            ? Optional.empty()
            : SignedContent.operation(ByteBufUtil.getBytes(sign.content()));
    if (denied.isPresent()) {
      refuseToSign(sign, asking, operation, denied.get());
    } else if (operation.isEmpty()) {
      answerRefused(sign.id(), "what it wants signed is no handshake");
    } else {
      KeySigner signer = new KeySigner(service, asking);
      boolean _ = work(sign.id(), service.signers(), () -> signer.sign(sign, operation.get()));
    }
  }

  private void refuseToSign(
      LinkFrame.Sign sign, String asking, Optional<Operation> operation, String why) {
    boolean isNews = isNews();
    if (isNews) {
      LOG.log(Level.WARNING, "request of " + asker() + " refused: " + why);
      operation.ifPresent(tried -> logDenied(sign, asking, tried));
    }
    socket.send(new LinkFrame.Refused(sign.id(), Cause.REFUSED, why));
  }

  /// Whether a refusal is worth a line in the logs: one a second, or a member that may do nothing
  /// could fill them, and the audit log with them.
  private boolean isNews() {
    long now = nowMs();
    if (now - deniedMs < REFUSAL_LINE_MS) {
      return false;
    }
    deniedMs = now;
    return true;
  }

  private void logDenied(LinkFrame.Sign sign, String asking, Operation operation) {
    boolean _ =
        service
            .audit()
            .admits(
                asking,
                sign.purpose().consumer(),
                sign.keyring(),
                sign.privateKey(),
                operation,
                sign.purpose().serverName(),
                new KeyUse.Refused(KeyUse.Reason.NOT_GRANTED));
  }

  /// Has an answer made by another thread; false when it was refused.
  private boolean work(long id, ExecutorService threads, Supplier<LinkFrame> answer) {
    if (working >= WORKING_MAX) {
      answerBusy(id);
      return false;
    }
    working++;
    try {
      threads.execute(() -> finish(answerOf(id, answer)));
      return true;
    } catch (RejectedExecutionException _) {
      working--;
      answerBusy(id);
      return false;
    }
  }

  /// Whatever goes wrong, the request is answered and counts no more.
  private static LinkFrame answerOf(long id, Supplier<LinkFrame> answer) {
    try {
      return answer.get();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a request of another member cannot be answered", e);
      return new LinkFrame.Refused(id, Cause.BUSY, "it failed for a reason on this side");
    }
  }

  private void answerBusy(long id) {
    service.busy().increment();
    socket.send(new LinkFrame.Refused(id, Cause.BUSY, "too many requests are under way"));
  }

  private void finish(LinkFrame answer) {
    boolean taken =
        execute(() -> {
          working--;
          socket.send(answer);
          FrameCodec.discard(answer);
        });
    if (!taken) {
      FrameCodec.discard(answer);
    }
  }

  private boolean execute(Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the event loop ended before a link of its own", e);
      return false;
    }
  }

  private void open(LinkFrame.Open open, String asking) {
    Optional<String> denied = denial(open.request().keyring(), asking);
    if (denied.isPresent()) {
      if (isNews()) {
        LOG.log(Level.WARNING, "request of " + asker() + " refused: " + denied.get());
      }
      relayed.deny(open.id(), denied.get());
    } else if (!relayed.open(open, asking)) {
      refuse("it opened handshake " + open.id() + " twice");
    }
  }
}
