package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome.Failed;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One request at this agent: takes turns with whoever holds the socket.
///
/// Its [Handshake] belongs to whoever made the last change of state: to a thread of the agent while
/// BUSY, to nobody while IDLE. Whoever moves it to ENDED sees to it that the handshake is closed,
/// except that a BUSY one is closed by the thread that has it. No locks.
///
/// Whatever a step throws becomes an answer: a request that was accepted must not wait for its
/// timeout because of a fault on this side.
final class AgentExchange implements HandshakeService.Exchange {
  private enum State {
    /// No thread of the agent has accepted the request.
    WAITING,
    /// The next move is the peer's.
    IDLE,
    /// A task of this exchange is queued or runs.
    BUSY,
    /// The last answer was given, or nobody wants it.
    ENDED
  }

  private static final Logger LOG = System.getLogger(AgentExchange.class.getName());

  private final AgentThreads agent;
  private final AgentPools pools;
  private final HandshakeRequest request;
  private final HandshakeService.Answers answers;
  private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

  /// The task that waits for a thread; a cancelled one is taken out of the queue.
  private final Runnable opening = this::open;

  /// Whether the peer has sent anything. Confined to whoever calls [#received].
  private boolean heard;

  /// Passed on by the changes of `state`.
  private @Nullable HandshakeSteps handshake;

  AgentExchange(
      AgentThreads agent,
      AgentPools pools,
      HandshakeRequest request,
      HandshakeService.Answers answers) {
    this.agent = agent;
    this.pools = pools;
    this.request = request;
    this.answers = answers;
  }

  /// Waits for a thread of the agent.
  void enqueue() {
    pools.general().execute(opening);
  }

  /// A thread of the agent accepts the request.
  private void open() {
    if (state.compareAndSet(State.WAITING, State.BUSY)) {
      agent.leaveQueue();
      answer(begin());
    }
  }

  /// Takes the request back before it was heard of; false when it was answered already.
  boolean withdraw() {
    return state.compareAndSet(State.WAITING, State.ENDED);
  }

  private HandshakeAnswer begin() {
    try {
      handshake = agent.handshake(request);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "keyring " + request.keyring() + " cannot be used", e);
      return refused(
          FailureReason.KEYRING_UNUSABLE, "keyring " + request.keyring() + " cannot be used");
    } catch (Error e) {
      return failed(e);
    }
    if (handshake == null) {
      return refused(FailureReason.KEYRING_GONE, "keyring " + request.keyring() + " is gone");
    }
    return answerOf(handshake::begin);
  }

  private static HandshakeAnswer answerOf(Supplier<HandshakeAnswer> step) {
    try {
      return step.get();
    } catch (RuntimeException | Error e) {
      return failed(e);
    }
  }

  /// Whatever it was, the request must be answered.
  private static HandshakeAnswer failed(Throwable cause) {
    if (cause instanceof OutOfMemoryError) {
      return refused(FailureReason.OUT_OF_MEMORY, "out of memory");
    }
    LOG.log(Level.WARNING, "handshake failed for a reason on this side", cause);
    return refused(FailureReason.INTERNAL, "internal error: " + cause);
  }

  private static HandshakeAnswer refused(FailureReason reason, String detail) {
    return new HandshakeAnswer.Refused(Unpooled.EMPTY_BUFFER, new Failed(reason, detail));
  }

  @Override
  public void received(ByteBuf bytes) {
    if (!state.compareAndSet(State.IDLE, State.BUSY)) {
      bytes.release();
      return;
    }
    try {
      HandshakeSteps current = handshake;
      boolean mayWait = current != null && current.mayWait();
      pools.forStep(request, !heard, mayWait).execute(() -> step(bytes));
      heard = true;
    } catch (RejectedExecutionException _) {
      bytes.release();
      abandon();
      closeHandshake();
    } catch (OutOfMemoryError e) {
      // The task is not in the queue, since there is a thread for it: this turn is over.
      bytes.release();
      answer(failed(e));
    }
  }

  private void step(ByteBuf bytes) {
    HandshakeSteps current = handshake;
    if (current == null || state.get() == State.ENDED) {
      bytes.release();
      closeHandshake();
      return;
    }
    answer(answerOf(() -> current.receive(bytes)));
  }

  /// Ends a BUSY turn.
  private void answer(HandshakeAnswer answer) {
    State next =
        switch (answer) {
          case HandshakeAnswer.NeedInput _ -> State.IDLE;
          case HandshakeAnswer.Established _, HandshakeAnswer.Refused _ -> State.ENDED;
        };
    if (next == State.ENDED || state.get() == State.ENDED) {
      closeHandshake();
    }
    if (state.compareAndSet(State.BUSY, next)) {
      if (next == State.ENDED) {
        agent.ended(this);
      }
      answers.answer(answer);
    } else {
      // It was cancelled meanwhile.
      answer.discard();
      closeHandshake();
    }
  }

  @Override
  public void cancel() {
    end();
  }

  /// The agent stops.
  void abandon() {
    if (end()) {
      answers.answer(
          refused(FailureReason.AGENT_STOPPED, "the agent was stopped in mid-handshake"));
    }
  }

  /// Whether this call is the one that ended it.
  private boolean end() {
    State before = state.getAndSet(State.ENDED);
    switch (before) {
      case WAITING -> {
        pools.general().remove(opening);
        agent.leaveQueue();
      }
      case IDLE -> closeHandshake();
      case BUSY, ENDED -> {}
    }
    if (before == State.ENDED) {
      return false;
    }
    agent.ended(this);
    return true;
  }

  private void closeHandshake() {
    HandshakeSteps closing = handshake;
    handshake = null;
    if (closing == null) {
      return;
    }
    try {
      closing.close();
    } catch (RuntimeException | Error e) {
      // An answer is about to be given, or a caller has more to end.
      LOG.log(Level.WARNING, "handshake cannot be closed", e);
    }
  }
}
