package io.sallyport.handshake;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.handshake.HandshakeOutcome.Established;
import io.sallyport.handshake.HandshakeOutcome.Failed;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// One handshake under way on one socket: carries bytes between the socket and the agent.
///
/// The agent and the network take turns. While the agent works, reading is off; when it wants more,
/// what the socket has is handed over, and reading is on only while the socket has nothing. So at
/// most one read of the transport is in flight.
///
/// Owned by the socket's event loop. Only [#answer] comes from elsewhere and crosses over.
final class SocketHandshake implements KtlsSocket.Callbacks, HandshakeService.Answers {
  private final HandshakeAgent agent;
  private final EventExecutor loop;
  private final KtlsSocket socket;
  private final HandshakeDone done;

  // Set by `begin`, before anything else is called.
  @SuppressWarnings("NullAway.Init")
  private KtlsSocket.Callbacks consumer;

  @SuppressWarnings("NullAway.Init")
  private HandshakeService.Exchange exchange;

  @SuppressWarnings("NullAway.Init")
  private ScheduledFuture<?> deadline;

  /// Whether the next move is the agent's.
  private boolean agentBusy = true;

  /// Whether the peer has sent anything.
  private boolean peerSpoke;

  /// Finds out what the agent knows of the peer.
  private Supplier<PeerFacts> peer = () -> PeerFacts.NONE;

  private boolean ended;

  SocketHandshake(HandshakeAgent agent, EventExecutor loop, HandshakeArgs args) {
    this.agent = agent;
    this.loop = loop;
    socket = args.socket();
    done = args.done();
  }

  /// The request was accepted: takes the socket over until the end.
  void begin(HandshakeService.Exchange accepted, int timeoutMs) {
    exchange = accepted;
    consumer = socket.setCallbacks(this);
    socket.setReading(false);
    deadline = loop.schedule(() -> timeOut(timeoutMs), timeoutMs, TimeUnit.MILLISECONDS);
  }

  /// The consumer wants no `done`.
  void cancel() {
    end();
    socket.setReading(true);
    exchange.cancel();
  }

  private void timeOut(int timeoutMs) {
    if (!ended) {
      PeerFacts facts = knownFacts();
      exchange.cancel();
      fail(new Failed(late(), "not finished within " + timeoutMs + " ms: " + awaited(), facts));
    }
  }

  private FailureReason late() {
    if (agentBusy) {
      return FailureReason.TIMEOUT_WAITING_FOR_AGENT;
    }
    return peerSpoke ? FailureReason.TIMEOUT_WAITING_FOR_PEER : FailureReason.TIMEOUT_BEFORE_HELLO;
  }

  private String awaited() {
    return switch (late()) {
      case TIMEOUT_WAITING_FOR_AGENT -> "the agent has not answered";
      case TIMEOUT_WAITING_FOR_PEER -> "the peer's next message has not come";
      default -> "the peer has sent nothing";
    };
  }

  /// While the agent works, what it knows may be changing.
  private PeerFacts knownFacts() {
    return agentBusy ? PeerFacts.NONE : peer.get();
  }

  @Override
  public void dataReady() {
    if (!agentBusy) {
      moveOn();
    }
  }

  /// A handshake's few kilobytes are written whatever the peer takes.
  @Override
  public void writeSpace() {}

  @Override
  public void answer(HandshakeAnswer answer) {
    try {
      loop.execute(() -> take(answer));
    } catch (RejectedExecutionException _) {
      // The loop is gone and its sockets with it.
      answer.discard();
    }
  }

  private void take(HandshakeAnswer answer) {
    if (ended) {
      answer.discard();
      return;
    }
    if (answer.output().isReadable()) {
      socket.send(answer.output());
      socket.flush();
    } else {
      answer.output().release();
    }
    switch (answer) {
      case HandshakeAnswer.NeedInput needInput -> {
        agentBusy = false;
        peer = needInput.peer();
        moveOn();
      }
      case HandshakeAnswer.Established established -> succeed(established);
      case HandshakeAnswer.Refused refused -> fail(refused.outcome());
    }
  }

  /// The agent waits for the peer: hands over what the socket has.
  private void moveOn() {
    switch (socket.recv()) {
      case Received.ApplicationData data -> hand(data.content());
      case Received.Nothing.WOULD_BLOCK -> socket.setReading(true);
      case Received.Nothing.END_OF_STREAM ->
          leave(
              FailureReason.PEER_CLOSED,
              socket.isClosed()
                  ? "the socket was closed in mid-handshake"
                  : "peer closed the connection in mid-handshake");
      case Received.Failed failed ->
          leave(
              FailureReason.CONNECTION_LOST,
              "connection lost in mid-handshake (" + failed.errno() + ")");
      case Received.Control control -> {
        // A plain socket has none.
        control.content().release();
        leave(FailureReason.INTERNAL, "keys were set on the socket in mid-handshake");
      }
    }
  }

  private void hand(ByteBuf bytes) {
    agentBusy = true;
    peerSpoke = true;
    socket.setReading(false);
    // The agent may be in another thread, or elsewhere: it gets bytes of its own.
    byte[] copy = new byte[bytes.readableBytes()];
    bytes.readBytes(copy);
    bytes.release();
    exchange.received(Unpooled.wrappedBuffer(copy));
  }

  private void leave(FailureReason reason, String detail) {
    PeerFacts facts = knownFacts();
    exchange.cancel();
    fail(new Failed(reason, detail, facts));
  }

  /// Puts back what the peer sent behind its handshake, then installs the keys: in this order
  /// nothing is lost and nothing overtakes.
  private void succeed(HandshakeAnswer.Established established) {
    try {
      putBack(established.unconsumed());
      established.keys().installOn(socket);
      socket.setTxMaxPayloadLength(established.session().maxPayloadLength());
    } catch (RuntimeException e) {
      discardSecrets(established);
      fail(
          new Failed(
              FailureReason.KEYS_NOT_INSTALLED, "keys cannot be installed: " + e.getMessage()));
      return;
    } catch (OutOfMemoryError _) {
      discardSecrets(established);
      fail(new Failed(FailureReason.OUT_OF_MEMORY, "no memory to install keys"));
      return;
    }
    send(established.messages());
    end();
    report(
        new Established(established.peerid(), established.session(), established.postHandshake()));
  }

  private static void discardSecrets(HandshakeAnswer.Established established) {
    established.keys().close();
    established.messages().release();
    established.postHandshake().close();
  }

  /// Before anything of the consumer's: a client that leaves early has its tickets then.
  private void send(ByteBuf messages) {
    if (messages.isReadable()) {
      socket.sendControl(ContentType.HANDSHAKE, messages);
      socket.flush();
    } else {
      messages.release();
    }
  }

  private void putBack(ByteBuf unconsumed) {
    if (unconsumed.isReadable()) {
      socket.pushBack(unconsumed);
    } else {
      unconsumed.release();
    }
  }

  private void fail(Failed outcome) {
    end();
    report(outcome);
  }

  private void report(HandshakeOutcome outcome) {
    agent.ended(socket);
    done.done(outcome);
  }

  private void end() {
    ended = true;
    deadline.cancel(false);
    socket.setCallbacks(consumer);
  }
}
