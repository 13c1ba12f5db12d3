package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringStore;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One handshake that another member's agent does: passes bytes to it and its answers back.
///
/// When that member is lost before anything has gone to the peer, or its agent is stopped, the
/// handshake begins again at another one, with the bytes that came so far, and nobody notices.
/// Later than that it cannot, and the answer is [FailureReason#AGENT_LOST]. The same holds for a
/// member that answers out of turn, with something else, or with a session that cannot come of what
/// was said: [FailureReason#AGENT_MISBEHAVED]. Each accepted request is answered exactly once, also
/// when every member is lost.
///
/// Bounded by [#INPUT_MAX] bytes of the peer.
///
/// Owned by the event loop of the links; the calls of whoever holds the socket cross over.
final class RelayedExchange implements HandshakeService.Exchange, MemberLink.Asked {
  /// More than an agent takes, so that it is the agent who says so.
  static final int INPUT_MAX = 256 << 10;

  private final LinkDialer dialer;
  private final Links links;
  private final KeyringStore peers;
  private final HandshakeRequest request;
  private final HandshakeService.Answers answers;
  private final Set<MemberLink> tried = new HashSet<>();

  /// What the peer has sent, as long as nothing has gone to it.
  private ByteBuf replay = Unpooled.EMPTY_BUFFER;

  private @Nullable MemberLink link;
  private long id;

  /// Bytes of `replay` that the agent of now has had.
  private int sentLength;

  /// Bytes of the peer in all.
  private int inputLength;

  /// Why it did not work at the members that were tried last; null at first.
  private HandshakeOutcome.@Nullable Failed lastFailure;

  /// Whether the next move is the agent's.
  private boolean agentBusy = true;

  /// Whether the socket's holder waits for an answer.
  private boolean owed;

  private boolean spoke;
  private boolean ended;

  /// @param peers where who the peer is gets a serial of this member
  RelayedExchange(
      LinkDialer dialer,
      Links links,
      KeyringStore peers,
      HandshakeRequest request,
      HandshakeService.Answers answers) {
    this.dialer = dialer;
    this.links = links;
    this.peers = peers;
    this.request = request;
    this.answers = answers;
    owed = request.kind().isClient();
  }

  /// Finds an agent for a client; for a server when its peer has spoken, so that silent peers keep
  /// no agent. False when the event loop of the links is gone, and then nothing happens.
  boolean start() {
    return dialer.execute(() -> {
      if (request.kind().isClient()) {
        openSomewhere();
      }
    });
  }

  private void openSomewhere() {
    while (!ended) {
      Optional<MemberLink> next = links.leastLoaded(request.keyring(), tried);
      if (next.isEmpty()) {
        refuse(noMember());
        return;
      }
      tried.add(next.get());
      long number = next.get().ask(asked -> new LinkFrame.Open(asked, request), this);
      if (number != 0) {
        link = next.get();
        id = number;
        count(ServiceStat.Result.BEGUN);
        if (replay.isReadable()) {
          sendRest();
        }
        return;
      }
    }
  }

  private HandshakeOutcome.Failed noMember() {
    return lastFailure != null
        ? lastFailure
        : new HandshakeOutcome.Failed(
            FailureReason.AGENT_LOST,
            "no member that has keyring " + request.keyring() + " takes the handshake");
  }

  private void refuse(HandshakeOutcome.Failed failed) {
    end(new HandshakeAnswer.Refused(Unpooled.EMPTY_BUFFER, failed));
  }

  private void end(HandshakeAnswer last) {
    ended = true;
    forgetReplay();
    answers.answer(last);
  }

  private void forgetReplay() {
    replay.release();
    replay = Unpooled.EMPTY_BUFFER;
  }

  // ---- The agent.

  @Override
  public void answered(LinkFrame frame) {
    if (ended) {
      FrameCodec.discard(frame);
      return;
    }
    switch (frame) {
      case LinkFrame.Answer answer -> take(answer);
      // Another one may have room.
      case LinkFrame.Refused(_, _, String detail) -> {
        count(ServiceStat.Result.REFUSED);
        restart(lostTo(detail));
      }
      default -> {
        FrameCodec.discard(frame);
        leave("it answered with something else");
      }
    }
  }

  private void take(LinkFrame.Answer frame) {
    HandshakeAnswer answer = frame.answer();
    switch (answer) {
      case HandshakeAnswer.NeedInput needInput when agentBusy -> needInput(needInput);
      case HandshakeAnswer.NeedInput needInput -> {
        needInput.discard();
        leave("it wanted more of the peer out of turn");
      }
      case HandshakeAnswer.Established established when isOfAHandshake(established) -> {
        forget();
        count(ServiceStat.Result.ESTABLISHED);
        end(here(established, frame));
      }
      case HandshakeAnswer.Established established -> {
        established.discard();
        leave("it made a session without a handshake");
      }
      case HandshakeAnswer.Refused refused when !spoke && isStopped(refused) -> {
        refused.discard();
        count(ServiceStat.Result.LOST);
        restart(lostTo("its agent was stopped"));
      }
      case HandshakeAnswer.Refused refused -> {
        forget();
        count(ServiceStat.Result.FAILED);
        end(refused);
      }
    }
  }

  private void count(ServiceStat.Result result) {
    if (link != null) {
      links.stat().relayed(link.member(), result);
    }
  }

  /// Whether the peer and the agent both have had their say.
  private boolean isOfAHandshake(HandshakeAnswer.Established established) {
    boolean hasHeard = spoke || sentLength > 0;
    return agentBusy && hasHeard && (spoke || established.output().isReadable());
  }

  private static boolean isStopped(HandshakeAnswer.Refused refused) {
    return refused.outcome().reason() == FailureReason.AGENT_STOPPED;
  }

  private HandshakeOutcome.Failed lostTo(String why) {
    String detail = "member " + asked() + " was lost in mid-handshake: " + why;
    return new HandshakeOutcome.Failed(FailureReason.AGENT_LOST, detail);
  }

  private String asked() {
    return link == null ? "" : link.member();
  }

  /// The member does not do what it should: it is not asked again.
  private void leave(String why) {
    count(ServiceStat.Result.LOST);
    tellCancelled();
    restart(
        new HandshakeOutcome.Failed(
            FailureReason.AGENT_MISBEHAVED,
            "member " + asked() + " cannot be relied on in a handshake: " + why));
  }

  private void forget() {
    if (link != null) {
      link.forget(id);
    }
  }

  private void needInput(HandshakeAnswer.NeedInput needInput) {
    agentBusy = false;
    boolean hasOutput = needInput.output().isReadable();
    if (!hasOutput && replay.readableBytes() > sentLength) {
      // An agent that took over has not had everything yet.
      needInput.discard();
      sendRest();
    } else if (hasOutput || owed) {
      if (hasOutput) {
        spoke = true;
        forgetReplay();
      }
      owed = false;
      answers.answer(needInput);
    } else {
      // The socket's holder has had this demand, from the agent before.
      needInput.discard();
    }
  }

  /// The same with a peer and messages that mean something on this member.
  private HandshakeAnswer here(HandshakeAnswer.Established established, LinkFrame.Answer frame) {
    KeySerial peerid = frame.peer() == null ? established.peerid() : peers.addPeer(frame.peer());
    return new HandshakeAnswer.Established(
        established.output(),
        established.unconsumed(),
        established.keys(),
        established.messages(),
        request.kind().isClient() ? new DroppedTickets() : established.postHandshake(),
        peerid,
        established.session());
  }

  @Override
  public void lost(String why) {
    if (!ended) {
      count(ServiceStat.Result.LOST);
      restart(lostTo(why));
    }
  }

  private void restart(HandshakeOutcome.Failed failed) {
    forget();
    if (spoke) {
      refuse(failed);
      return;
    }
    lastFailure = failed;
    sentLength = 0;
    agentBusy = true;
    openSomewhere();
  }

  // ---- Whoever holds the socket.

  @Override
  public void received(ByteBuf bytes) {
    if (!dialer.execute(() -> take(bytes))) {
      bytes.release();
    }
  }

  private void take(ByteBuf bytes) {
    if (!ended && !owed) {
      owed = true;
      inputLength += bytes.readableBytes();
      if (inputLength > INPUT_MAX) {
        tooMuch();
      } else if (spoke) {
        agentBusy = true;
        send(bytes);
      } else {
        keep(bytes);
        if (link == null) {
          openSomewhere();
        } else if (!agentBusy) {
          sendRest();
        }
      }
    }
    bytes.release();
  }

  private void tooMuch() {
    tellCancelled();
    forget();
    refuse(
        new HandshakeOutcome.Failed(
            FailureReason.TOO_MUCH_DATA,
            "peer sent more than " + INPUT_MAX + " bytes without completing its handshake"));
  }

  private void keep(ByteBuf bytes) {
    if (!replay.isReadable()) {
      replay = Unpooled.buffer(bytes.readableBytes());
    }
    replay.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
  }

  private void sendRest() {
    ByteBuf rest = replay.slice(sentLength, replay.readableBytes() - sentLength);
    sentLength = replay.readableBytes();
    agentBusy = true;
    send(rest);
  }

  private void send(ByteBuf bytes) {
    if (link != null) {
      link.send(new LinkFrame.Input(id, bytes));
    }
  }

  private void tellCancelled() {
    if (link != null) {
      link.send(new LinkFrame.Cancel(id));
    }
  }

  @Override
  public void cancel() {
    dialer.execute(() -> {
      if (!ended) {
        ended = true;
        forget();
        forgetReplay();
        tellCancelled();
      }
    });
  }
}
