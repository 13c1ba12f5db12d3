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
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// One request at this agent: takes turns with whoever holds the socket.
///
/// Its [Handshake] belongs to whoever made the last change of state: to a thread of the agent while
/// BUSY, to nobody while IDLE. Whoever moves it to ENDED sees to it that the handshake is closed,
/// except that a BUSY one is closed by the thread that has it. No locks.
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
  private final ThreadPoolExecutor threads;
  private final HandshakeRequest request;
  private final HandshakeService.Answers answers;
  private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

  /// The task that waits for a thread; a cancelled one is taken out of the queue.
  private final Runnable opening = this::open;

  /// Passed on by the changes of `state`.
  private @Nullable Handshake handshake;

  AgentExchange(
      AgentThreads agent,
      ThreadPoolExecutor threads,
      HandshakeRequest request,
      HandshakeService.Answers answers) {
    this.agent = agent;
    this.threads = threads;
    this.request = request;
    this.answers = answers;
  }

  /// Waits for a thread of the agent.
  void enqueue() {
    threads.execute(opening);
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
    } catch (OutOfMemoryError _) {
      return refused(FailureReason.OUT_OF_MEMORY, "out of memory");
    } catch (Error e) {
      // Whatever it was, the request must be answered.
      LOG.log(Level.WARNING, "handshake failed for a reason on this side", e);
      return refused(FailureReason.INTERNAL, "internal error: " + e);
    }
    return handshake == null
        ? refused(FailureReason.KEYRING_GONE, "keyring " + request.keyring() + " is gone")
        : handshake.begin();
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
      threads.execute(() -> step(bytes));
    } catch (RejectedExecutionException _) {
      bytes.release();
      abandon();
      closeHandshake();
    }
  }

  private void step(ByteBuf bytes) {
    Handshake current = handshake;
    if (current == null || state.get() == State.ENDED) {
      bytes.release();
      closeHandshake();
      return;
    }
    answer(current.receive(bytes));
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
        threads.remove(opening);
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
    if (handshake != null) {
      handshake.close();
      handshake = null;
    }
  }
}
