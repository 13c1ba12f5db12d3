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
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One request at this agent: takes turns with whoever holds the socket.
///
/// Its [Handshake] belongs to whoever made the last change of state: to the thread that has the
/// step while BUSY, to nobody while IDLE. Whoever moves it to ENDED sees to it that the handshake
/// is closed, except that a BUSY one is closed by the thread that has it. No locks.
///
/// Whatever a step throws becomes an answer: a request that was accepted must not wait for its
/// timeout because of a fault on this side.
final class AgentExchange implements HandshakeService.Exchange {
  private enum State {
    /// There is nothing to do: a server's peer has not spoken.
    UNHEARD,
    /// The first task is queued, and no thread of the agent has accepted it.
    WAITING,
    /// The next move is the peer's.
    IDLE,
    /// A task of this exchange is queued or runs.
    BUSY,
    /// The last answer was given, or nobody wants it.
    ENDED
  }

  private static final Logger LOG = System.getLogger(AgentExchange.class.getName());

  /// A Finished takes 74 bytes with its change_cipher_spec; a client's first request may follow.
  private static final int LIGHT_BYTES_MAX = 1024;

  private final AgentThreads agent;
  private final AgentPools pools;
  private final HandshakeRequest request;
  private final HandshakeService.Answers answers;
  private final AtomicReference<State> state = new AtomicReference<>(State.UNHEARD);

  /// The task that waits for a thread; a cancelled one is taken out of the queue.
  private final Runnable opening = this::open;

  /// What a server's peer has said while the first task waits. Passed on by the changes of `state`,
  /// as the next one is.
  private ByteBuf first = Unpooled.EMPTY_BUFFER;

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

  /// A client has its first message to make; a server's peer speaks first.
  void begin() {
    if (request.kind().isClient()) {
      enqueue(Unpooled.EMPTY_BUFFER);
    }
  }

  /// Waits for a thread of the agent. Takes ownership of `bytes`; when it throws they go with the
  /// end of this.
  private void enqueue(ByteBuf bytes) {
    first = bytes;
    agent.joinQueue();
    if (state.compareAndSet(State.UNHEARD, State.WAITING)) {
      pools.general().execute(opening);
    } else {
      agent.leaveQueue();
      bytes.release();
    }
  }

  /// A thread of the agent accepts the request.
  private void open() {
    if (!state.compareAndSet(State.WAITING, State.BUSY)) {
      return;
    }
    agent.leaveQueue();
    HandshakeAnswer opened = opened();
    HandshakeSteps current = handshake;
    boolean wantsFirst = opened instanceof HandshakeAnswer.NeedInput && !request.kind().isClient();
    if (current == null || !wantsFirst) {
      first.release();
      answer(opened);
      return;
    }
    opened.discard();
    if (current.next() == HandshakeSteps.Work.WAITS) {
      execute(pools.waiting(), first);
    } else {
      step(first);
    }
  }

  private HandshakeAnswer opened() {
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
    if (state.get() == State.UNHEARD) {
      hear(bytes);
      return;
    }
    HandshakeSteps current = state.compareAndSet(State.IDLE, State.BUSY) ? handshake : null;
    if (current == null) {
      bytes.release();
    } else {
      takeStep(current.next(), bytes);
    }
  }

  /// A light step runs where the bytes came, unless they are more than a step can need: what TLS
  /// passes over makes it as long as its sender likes.
  private void takeStep(HandshakeSteps.Work work, ByteBuf bytes) {
    switch (work) {
      case LIGHT -> {
        if (bytes.readableBytes() <= LIGHT_BYTES_MAX) {
          step(bytes);
        } else {
          execute(pools.general(), bytes);
        }
      }
      case COMPUTES -> execute(pools.general(), bytes);
      case VERIFIES -> execute(pools.verifying(), bytes);
      case WAITS -> execute(pools.waiting(), bytes);
    }
  }

  private void hear(ByteBuf bytes) {
    try {
      enqueue(bytes);
    } catch (RejectedExecutionException _) {
      abandon();
    } catch (OutOfMemoryError e) {
      if (end()) {
        answers.answer(failed(e));
      }
    }
  }

  /// Has the step of a BUSY turn done, which takes ownership of `bytes`.
  private void execute(Executor thread, ByteBuf bytes) {
    try {
      thread.execute(() -> step(bytes));
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

  /// Takes the request back without an answer; false when it has ended before.
  boolean end() {
    State before = state.getAndSet(State.ENDED);
    switch (before) {
      case WAITING -> {
        pools.general().remove(opening);
        agent.leaveQueue();
        first.release();
      }
      case IDLE -> closeHandshake();
      case UNHEARD, BUSY, ENDED -> {}
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
