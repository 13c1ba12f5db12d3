package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.PeerIdentity;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;

/// The handshakes that one other member has done here: by this member's agent, with bytes that come
/// and answers that go over the link.
///
/// One member does not get in the way of another, or of this one's own clients: bounded by
/// [#UNDER_WAY_MAX] handshakes, of which a part of what the agent's queue holds wait for its first
/// answer, and by [#INPUT_MAX] bytes that the agent has not taken yet; more are refused as busy.
/// Owned by the event loop of the link.
final class RelayedHere {
  static final int UNDER_WAY_MAX = MemberLink.ASKED_MAX;

  static final int INPUT_MAX = 8 << 20;

  /// One of them.
  private static final class Relayed {
    final HandshakeService.Exchange exchange;
    boolean opening = true;

    /// Whether the next move is the agent's.
    boolean agentBusy;

    /// Bytes that the agent has not answered yet.
    int inputLength;

    Relayed(HandshakeService.Exchange exchange, HandshakeKind kind) {
      this.exchange = exchange;
      agentBusy = kind.isClient();
    }
  }

  private final AnsweringService service;
  private final EventLoop loop;
  private final FrameSocket socket;
  private final Map<Long, Relayed> exchanges = new HashMap<>();
  private int opening;
  private int inputLength;

  RelayedHere(AnsweringService service, EventLoop loop, FrameSocket socket) {
    this.service = service;
    this.loop = loop;
    this.socket = socket;
  }

  /// Begins a handshake that the member may ask for; false when there is one of that number.
  boolean open(LinkFrame.Open open, String asking) {
    if (exchanges.containsKey(open.id())) {
      return false;
    }
    if (exchanges.size() >= UNDER_WAY_MAX || opening >= service.openingMax()) {
      busy(open.id(), "too many handshakes are under way");
      return true;
    }
    HandshakeRequest request = by(open.request(), asking);
    switch (service.handshakes().submit(request, answer -> cross(open.id(), answer))) {
      case HandshakeService.Submission.Accepted(var exchange) -> {
        exchanges.put(open.id(), new Relayed(exchange, request.kind()));
        opening++;
      }
      case HandshakeService.Submission.Refused(var why) ->
          busy(open.id(), "the agent answers " + why);
    }
    return true;
  }

  private void busy(long id, String why) {
    service.busy().increment();
    socket.send(new LinkFrame.Refused(id, Cause.BUSY, why));
  }

  /// Who asks is what the link says, whatever the request does.
  private static HandshakeRequest by(HandshakeRequest request, String asking) {
    return new HandshakeRequest(
        request.kind(),
        request.peername(),
        request.keyring(),
        request.myCert(),
        request.myPrivkey(),
        request.myPeerids(),
        request.policy(),
        request.consumer(),
        asking);
  }

  /// The member may not use the keyring.
  void deny(long id, String why) {
    answer(
        id,
        new HandshakeAnswer.Refused(
            Unpooled.EMPTY_BUFFER,
            new HandshakeOutcome.Failed(FailureReason.KEYRING_NOT_GRANTED, why)));
  }

  /// The peer of a handshake sent `bytes`, which are taken over.
  void received(long id, ByteBuf bytes) {
    Relayed relayed = exchanges.get(id);
    if (relayed == null || relayed.agentBusy) {
      bytes.release();
    } else if (bytes.readableBytes() > INPUT_MAX - inputLength) {
      bytes.release();
      cancel(id);
      busy(id, "too many bytes wait for the agent");
    } else {
      relayed.agentBusy = true;
      relayed.inputLength = bytes.readableBytes();
      inputLength += relayed.inputLength;
      relayed.exchange.received(bytes);
    }
  }

  /// Nobody waits for that handshake any more.
  void cancel(long id) {
    Relayed relayed = exchanges.remove(id);
    if (relayed != null) {
      moved(relayed);
      relayed.exchange.cancel();
    }
  }

  /// The link is over.
  void cancelAll() {
    exchanges.values().forEach(relayed -> relayed.exchange.cancel());
    exchanges.clear();
    opening = 0;
    inputLength = 0;
  }

  /// The agent has made its move, or need not any more.
  private void moved(Relayed relayed) {
    if (relayed.opening) {
      relayed.opening = false;
      opening--;
    }
    inputLength -= relayed.inputLength;
    relayed.inputLength = 0;
    relayed.agentBusy = false;
  }

  /// From a thread of the agent.
  private void cross(long id, HandshakeAnswer answer) {
    try {
      loop.execute(() -> answered(id, answer));
    } catch (RejectedExecutionException _) {
      answer.discard();
    }
  }

  private void answered(long id, HandshakeAnswer answer) {
    Relayed relayed = exchanges.get(id);
    if (relayed == null) {
      // It was cancelled meanwhile.
      answer.discard();
      return;
    }
    moved(relayed);
    if (!(answer instanceof HandshakeAnswer.NeedInput)) {
      exchanges.remove(id);
    }
    answer(id, answer);
  }

  private void answer(long id, HandshakeAnswer answer) {
    PeerIdentity identity =
        answer instanceof HandshakeAnswer.Established established
            ? service.keyrings().peer(established.peerid()).orElse(null)
            : null;
    try {
      socket.send(
          identity == null || FrameWriter.fits(identity.names())
              ? new LinkFrame.Answer(id, answer, identity)
              : new LinkFrame.Answer(id, tooManyNames(identity), null));
    } finally {
      answer.discard();
    }
  }

  private static HandshakeAnswer tooManyNames(PeerIdentity identity) {
    String detail =
        "a certificate with " + identity.names().size() + " names does not fit the link";
    return new HandshakeAnswer.Refused(
        Unpooled.EMPTY_BUFFER,
        new HandshakeOutcome.Failed(FailureReason.CERTIFICATE_MALFORMED, detail));
  }
}
