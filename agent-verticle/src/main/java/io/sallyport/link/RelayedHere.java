package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
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
/// Bounded by [MemberLink#ASKED_MAX]. Owned by the event loop of the link.
final class RelayedHere {
  private final AnsweringService service;
  private final EventLoop loop;
  private final FrameSocket socket;
  private final Map<Long, HandshakeService.Exchange> exchanges = new HashMap<>();

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
    if (exchanges.size() >= MemberLink.ASKED_MAX) {
      busy(open.id(), "too many handshakes are under way");
      return true;
    }
    HandshakeRequest request = by(open.request(), asking);
    switch (service.handshakes().submit(request, answer -> cross(open.id(), answer))) {
      case HandshakeService.Submission.Accepted(var exchange) -> exchanges.put(open.id(), exchange);
      case HandshakeService.Submission.Refused(var why) ->
          busy(open.id(), "the agent answers " + why);
    }
    return true;
  }

  private void busy(long id, String why) {
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
    HandshakeService.Exchange exchange = exchanges.get(id);
    if (exchange == null) {
      bytes.release();
    } else {
      exchange.received(bytes);
    }
  }

  /// Nobody waits for that handshake any more.
  void cancel(long id) {
    HandshakeService.Exchange exchange = exchanges.remove(id);
    if (exchange != null) {
      exchange.cancel();
    }
  }

  /// The link is over.
  void cancelAll() {
    exchanges.values().forEach(HandshakeService.Exchange::cancel);
    exchanges.clear();
  }

  /// From a thread of the agent.
  private void cross(long id, HandshakeAnswer answer) {
    try {
      loop.execute(() -> answer(id, answer));
    } catch (RejectedExecutionException _) {
      answer.discard();
    }
  }

  private void answer(long id, HandshakeAnswer answer) {
    PeerIdentity identity =
        answer instanceof HandshakeAnswer.Established established
            ? service.keyrings().peer(established.peerid()).orElse(null)
            : null;
    try {
      socket.send(new LinkFrame.Answer(id, answer, identity));
    } finally {
      answer.discard();
    }
    if (!(answer instanceof HandshakeAnswer.NeedInput)) {
      exchanges.remove(id);
    }
  }
}
