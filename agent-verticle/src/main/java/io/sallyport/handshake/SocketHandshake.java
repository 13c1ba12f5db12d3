package io.sallyport.handshake;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.handshake.HandshakeOutcome.Established;
import io.sallyport.handshake.HandshakeOutcome.Failed;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.PollEvent;
import io.sallyport.ktls.Received;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// One handshake under way on one socket: carries bytes between the socket and the agent.
///
/// The agent and the network take turns. When the agent wants more, what the socket has is handed
/// over. While it works the peer should be silent, so reading stays on until something comes that
/// nobody waits for: then it stops, which bounds what is held to one read of the transport beside
/// the one that the agent has. Each stop costs two system calls, and a peer that keeps to its turns
/// costs none.
///
/// Whatever goes wrong here, the consumer's `done` included, ends in a `done` and not in silence:
/// nothing that a socket, an agent or a consumer throws passes through.
///
/// Owned by the socket's event loop. Only [#answer] comes from elsewhere and crosses over.
final class SocketHandshake implements KtlsSocket.Callbacks, HandshakeService.Answers {
  private static final Logger LOG = System.getLogger(SocketHandshake.class.getName());

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

  /// Whether the request was accepted and nothing has ended it.
  private boolean underWay;

  /// Whether the consumer closed the socket: the end is on its way, and answers come too late.
  private boolean socketClosed;

  /// Whether the next move is the agent's.
  private boolean agentBusy;

  /// Whether the peer has sent anything.
  private boolean peerSpoke;

  /// Finds out what the agent knows of the peer.
  private Supplier<PeerFacts> peer = () -> PeerFacts.NONE;

  SocketHandshake(
      HandshakeAgent agent, EventExecutor loop, HandshakeKind kind, HandshakeArgs args) {
    this.agent = agent;
    this.loop = loop;
    agentBusy = kind.isClient();
    socket = args.socket();
    done = args.done();
  }

  /// The request was accepted: takes the socket over until the end.
  void begin(HandshakeService.Exchange accepted, int timeoutMs) {
    exchange = accepted;
    // First, because it may fail, and then nothing has begun.
    deadline = loop.schedule(() -> timeOut(timeoutMs), timeoutMs, TimeUnit.MILLISECONDS);
    boolean awaitsPeer = !agentBusy;
    boolean hasSpoken = awaitsPeer && socket.poll().contains(PollEvent.IN);
    if (hasSpoken) {
      // Faster than the consumer. Not from within `submit`, since an end may come of it.
      loop.execute(this::dataReady);
    }
    consumer = socket.setCallbacks(this);
    underWay = true;
    if (awaitsPeer && !hasSpoken) {
      socket.setReading(true);
    }
  }

  /// The consumer wants no `done`.
  void cancel() {
    end();
    socket.setReading(true);
    cancelExchange();
  }

  private void timeOut(int timeoutMs) {
    if (underWay) {
      leave(late(), "not finished within " + timeoutMs + " ms: " + awaited());
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

  @Override
  public void dataReady() {
    if (!underWay || socketClosed) {
      // It ended before its first look at the socket.
      return;
    }
    if (agentBusy) {
      socket.setReading(false);
    } else {
      moveOn();
    }
  }

  /// A handshake's few kilobytes are written whatever the peer takes.
  @Override
  public void writeSpace() {}

  /// The consumer closed the socket and has not cancelled, or not yet: `done` comes when its call
  /// has returned.
  @Override
  public void closed() {
    socketClosed = true;
    cancelExchange();
    try {
      loop.execute(this::leaveClosedSocket);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the event loop ended before a handshake of its own", e);
    }
  }

  private void leaveClosedSocket() {
    if (underWay) {
      leave(FailureReason.SOCKET_CLOSED, "the socket was closed in mid-handshake");
    }
  }

  @Override
  public void answer(HandshakeAnswer answer) {
    try {
      loop.execute(() -> take(answer));
    } catch (RejectedExecutionException | OutOfMemoryError _) {
      // The loop is gone and its sockets with it, or there is no memory to tell it: then this
      // handshake ends at its deadline, but the keys of its session end here.
      answer.discard();
    }
  }

  private void take(HandshakeAnswer answer) {
    if (!underWay || socketClosed) {
      answer.discard();
      return;
    }
    try {
      send(answer.output());
    } catch (RuntimeException | Error e) {
      if (answer instanceof HandshakeAnswer.Established established) {
        established.unconsumed().release();
        discardSecrets(established);
      }
      leave(e);
      return;
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

  private void send(ByteBuf output) {
    if (output.isReadable()) {
      socket.send(output);
      socket.flush();
    } else {
      output.release();
    }
  }

  /// The agent waits for the peer: hands over what the socket has.
  private void moveOn() {
    try {
      moveOn(socket.recv());
    } catch (RuntimeException | Error e) {
      leave(e);
    }
  }

  private void moveOn(Received received) {
    switch (received) {
      case Received.ApplicationData data -> hand(data.content());
      case Received.Nothing.WOULD_BLOCK -> socket.setReading(true);
      case Received.Nothing.END_OF_STREAM ->
          leave(FailureReason.PEER_CLOSED, "peer closed the connection in mid-handshake");
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
    peerSpoke = true;
    ByteBuf copy = copied(bytes);
    agentBusy = true;
    exchange.received(copy);
  }

  /// The agent may be in another thread, or elsewhere: it gets bytes of its own.
  private static ByteBuf copied(ByteBuf bytes) {
    try {
      byte[] copy = new byte[bytes.readableBytes()];
      bytes.readBytes(copy);
      return Unpooled.wrappedBuffer(copy);
    } finally {
      bytes.release();
    }
  }

  /// Puts back what the peer sent behind its handshake, then installs the keys: in this order
  /// nothing is lost and nothing overtakes.
  private void succeed(HandshakeAnswer.Established established) {
    try {
      putBack(established.unconsumed());
      established.keys().installOn(socket);
      socket.setTxMaxPayloadLength(established.session().maxPayloadLength());
    } catch (OutOfMemoryError _) {
      discardSecrets(established);
      fail(new Failed(FailureReason.OUT_OF_MEMORY, "no memory to install keys"));
      return;
    } catch (RuntimeException | Error e) {
      discardSecrets(established);
      fail(
          new Failed(
              FailureReason.KEYS_NOT_INSTALLED, "keys cannot be installed: " + e.getMessage()));
      return;
    }
    try {
      sendMessages(established.messages());
    } catch (RuntimeException | Error e) {
      established.postHandshake().close();
      fail(
          new Failed(
              e instanceof OutOfMemoryError
                  ? FailureReason.OUT_OF_MEMORY
                  : FailureReason.KEYS_NOT_INSTALLED,
              "the session's first messages cannot be sent: " + e.getMessage()));
      return;
    }
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
  private void sendMessages(ByteBuf messages) {
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

  /// Something here failed that must not.
  private void leave(Throwable cause) {
    if (cause instanceof OutOfMemoryError) {
      leave(FailureReason.OUT_OF_MEMORY, "out of memory");
      return;
    }
    LOG.log(Level.WARNING, "handshake failed for a reason on this side", cause);
    leave(FailureReason.INTERNAL, "internal error: " + cause);
  }

  /// The end is not the agent's doing: it is told.
  private void leave(FailureReason reason, String detail) {
    PeerFacts facts = knownFacts();
    cancelExchange();
    fail(new Failed(reason, detail, facts));
  }

  /// While the agent works, what it knows may be changing. It may even fail to tell.
  private PeerFacts knownFacts() {
    if (agentBusy) {
      return PeerFacts.NONE;
    }
    try {
      return peer.get();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.WARNING, "what is known of a peer cannot be told", e);
      return PeerFacts.NONE;
    }
  }

  private void cancelExchange() {
    try {
      exchange.cancel();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.WARNING, "a handshake cannot be cancelled at its agent", e);
    }
  }

  private void fail(Failed outcome) {
    end();
    report(outcome);
  }

  /// The last thing that happens: the consumer may submit, cancel and close from within.
  private void report(HandshakeOutcome outcome) {
    agent.ended(socket);
    try {
      done.done(outcome);
    } catch (RuntimeException | Error e) {
      // Nobody else would close it, since it is in nobody's hands.
      LOG.log(Level.ERROR, "connection closed: a handshake's done failed", e);
      socket.close();
    }
  }

  private void end() {
    underWay = false;
    deadline.cancel(false);
    socket.setCallbacks(consumer);
    socket.setReading(false);
  }
}
