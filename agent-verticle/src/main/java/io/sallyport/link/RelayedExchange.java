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
/// When that member is lost before anything has gone to the peer, the handshake begins again at
/// another one, with the bytes that came so far, and nobody notices. Later than that it cannot, and
/// the answer is [FailureReason#AGENT_LOST]. Each accepted request is answered exactly once, also
/// when every member is lost.
///
/// Owned by the event loop of the links; the calls of whoever holds the socket cross over.
final class RelayedExchange implements HandshakeService.Exchange, MemberLink.Asked {
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

  /// Whether the next move is the agent's.
  private boolean agentBusy = true;

  /// Whether the socket's holder waits for an answer.
  private boolean owed = true;

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
  }

  /// Finds an agent; false when the event loop of the links is gone, and then nothing happens.
  boolean start() {
    return dialer.execute(this::openSomewhere);
  }

  private void openSomewhere() {
    while (!ended) {
      Optional<MemberLink> next = links.leastLoaded(request.keyring(), tried);
      if (next.isEmpty()) {
        refuse("no other member that could go on with it");
        return;
      }
      tried.add(next.get());
      long number = next.get().ask(asked -> new LinkFrame.Open(asked, request), this);
      if (number != 0) {
        link = next.get();
        id = number;
        count(ServiceStat.Result.BEGUN);
        return;
      }
    }
  }

  private void refuse(String why) {
    String detail =
        link == null
            ? "no member that has keyring " + request.keyring() + " takes the handshake"
            : "member " + link.member() + " was lost in mid-handshake: " + why;
    end(
        new HandshakeAnswer.Refused(
            Unpooled.EMPTY_BUFFER, new HandshakeOutcome.Failed(FailureReason.AGENT_LOST, detail)));
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
    switch (frame) {
      case LinkFrame.Answer answer -> take(answer);
      case LinkFrame.Refused(_, _, String detail) -> {
        // Another one may have room.
        if (!ended) {
          count(ServiceStat.Result.REFUSED);
          restart(detail);
        }
      }
      default -> FrameCodec.discard(frame);
    }
  }

  private void take(LinkFrame.Answer frame) {
    HandshakeAnswer answer = frame.answer();
    if (ended) {
      answer.discard();
      return;
    }
    switch (answer) {
      case HandshakeAnswer.NeedInput needInput -> needInput(needInput);
      case HandshakeAnswer.Established established -> {
        forget();
        count(ServiceStat.Result.ESTABLISHED);
        end(here(established, frame));
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
      restart(why);
    }
  }

  private void restart(String why) {
    forget();
    if (spoke) {
      refuse(why);
      return;
    }
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
      if (spoke) {
        send(bytes);
      } else {
        keep(bytes);
        if (!agentBusy) {
          sendRest();
        }
      }
    }
    bytes.release();
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

  @Override
  public void cancel() {
    dialer.execute(() -> {
      if (!ended) {
        ended = true;
        forget();
        forgetReplay();
        if (link != null) {
          link.send(new LinkFrame.Cancel(id));
        }
      }
    });
  }
}
