package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.PollEvent;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.Transport;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One order of events around the handshakes of a few sockets, and whether it kept the contract.
///
/// There are three sides: the event loop, the threads of the agent, and whoever starts and stops
/// it. All run in one real thread. Where one side crosses over to another, or has the work of a
/// handshake in hand, another may be preferred until its step has ended; so every order is reached
/// in which steps nest. What comes next is asked of `choices`, and nothing else is: the same
/// answers make the same schedule.
// Longer than 400 lines: the events of one contract, and its invariants, side by side.
final class HandshakeSchedule {
  static final int PENDING_MAX = 2;
  private static final int TIMEOUT_MS = 1000;
  private static final int NESTING_MAX = 3;
  private static final int DRAIN_MAX = 10_000;

  /// What can come in a schedule.
  enum Kind {
    /// Each choice offers each possible event once.
    EXHAUSTIVE,
    /// The events that carry a handshake on come more often.
    RANDOM,
    /// Agents, transports and consumers may also fail.
    RANDOM_WITH_FAULTS
  }

  private final RecordEngine engine;
  private final IntUnaryOperator choices;
  private final Kind kind;
  private final boolean faults;
  private final SteppedLoop loop = new SteppedLoop(this::preempt);
  private final List<SteppedThreads> pools = new ArrayList<>();
  private final AgentThreads threads;
  private final HandshakeAgent agent;
  private final List<Consumer> consumers;
  private final List<Request> requests = new ArrayList<>();
  private final List<Steps> steps = new ArrayList<>();
  private final List<ByteBuf> buffers = new ArrayList<>();
  private final List<String> trace = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();

  private int nesting;
  private int events;
  private boolean draining;
  private boolean started;
  private boolean stopperActive;
  private boolean loopActive;
  private boolean agentActive;
  private boolean memoryGone;

  /// A step that some side can take when it is possible.
  ///
  /// @param weight how much likelier than others it is in a random schedule
  private record Event(String name, int weight, BooleanSupplier possible, Runnable step) {}

  private final List<Event> all = new ArrayList<>();
  private final List<Event> candidates = new ArrayList<>();

  /// One submission.
  private static final class Request {
    private HandshakeSubmit submitted = HandshakeSubmit.EINVAL;
    private boolean cancelled;
    private boolean closed;
    private int done;

    boolean isUnderWay() {
      return submitted == HandshakeSubmit.ACCEPTED && !cancelled && done == 0;
    }
  }

  /// @param sides of the sockets' handshakes, one socket for each
  /// @param choices answers n with a number below n; 0 is the quietest
  HandshakeSchedule(
      RecordEngine engine, Kind kind, List<HandshakeKind> sides, IntUnaryOperator choices) {
    this.engine = engine;
    this.choices = choices;
    this.kind = kind;
    faults = kind == Kind.RANDOM_WITH_FAULTS;
    threads =
        new AgentThreads(
            new NamedOnlyStore(),
            new AgentOptions(1, PENDING_MAX),
            AgentResources.of(new NamedOnlyStore(), InstantSource.system()),
            _ -> open(),
            this::pool);
    agent = new HandshakeAgent(loop, threads);
    consumers =
        IntStream.range(0, sides.size()).mapToObj(i -> new Consumer(i, sides.get(i))).toList();
    addEvents();
  }

  /// Runs at most `steps` steps and then what is left; says what was broken, empty for nothing.
  List<String> run(int steps) throws InterruptedException {
    start();
    for (int i = 0; i < steps; i++) {
      takeOne(0);
      checkTimers();
    }
    draining = true;
    end();
    return broken;
  }

  /// What happened, a line each.
  List<String> trace() {
    return trace;
  }

  private int choose(int bound) {
    return draining ? 0 : choices.applyAsInt(bound);
  }

  private boolean chance() {
    return faults && choose(4) == 3;
  }

  private void check(boolean kept, String rule) {
    if (!kept) {
      broken.add(rule + " (event " + events + ")");
    }
  }

  // ---- Events.

  private void addEvents() {
    all.add(new Event("agent", 60, () -> busyPool() != null, this::runAgentTask));
    all.add(new Event("loop", 60, this::loopHasTask, () -> onLoop(loop::runTask)));
    for (Consumer consumer : consumers) {
      consumer.addEvents();
    }
    all.add(
        new Event("time", 3, () -> !loopActive && loop.hasTimer(), () -> loop.pass(TIMEOUT_MS)));
    all.add(new Event("stop", 3, () -> started && !stopperActive, this::stop));
    all.add(new Event("start", 30, () -> !started && !stopperActive, this::start));
    all.add(new Event("no memory", 2, () -> faults && !memoryGone, () -> memoryGone = true));
  }

  private boolean loopHasTask() {
    return !loopActive && loop.hasTask();
  }

  private void checkTimers() {
    check(agent.inFlight() > 0 || !loop.hasTimer(), "no timer outlives its handshake");
  }

  private int weight(Event event) {
    return kind == Kind.EXHAUSTIVE ? 1 : event.weight;
  }

  /// Takes one of the steps that are possible, or none if `none` is chosen, which weighs as much.
  private void takeOne(int none) {
    candidates.clear();
    int total = none;
    for (Event event : all) {
      if (event.possible.getAsBoolean()) {
        candidates.add(event);
        total += weight(event);
      }
    }
    int left = choose(total) - none;
    for (int i = 0; left >= 0 && i < candidates.size(); i++) {
      Event event = candidates.get(i);
      left -= weight(event);
      if (left < 0) {
        take(event);
        return;
      }
    }
  }

  private void take(Event event) {
    events++;
    trace.add("  ".repeat(nesting) + event.name);
    event.step.run();
  }

  /// Another side may come in between.
  private void preempt() {
    boolean quiet = kind != Kind.EXHAUSTIVE && choose(3) > 0;
    if (nesting == NESTING_MAX || draining || quiet) {
      return;
    }
    nesting++;
    takeOne(1);
    nesting--;
  }

  private void onLoop(Runnable step) {
    boolean agentBefore = agentActive;
    loopActive = true;
    agentActive = false;
    try {
      step.run();
    } finally {
      loopActive = false;
      agentActive = agentBefore;
    }
  }

  private @Nullable SteppedThreads busyPool() {
    for (SteppedThreads pool : pools) {
      if (pool.hasTask()) {
        return pool;
      }
    }
    return null;
  }

  private void runAgentTask() {
    SteppedThreads pool = busyPool();
    if (pool != null) {
      boolean before = agentActive;
      agentActive = true;
      pool.runTask();
      agentActive = before;
    }
  }

  private AgentPools pool() {
    SteppedThreads pool = new SteppedThreads(this::failWithoutMemory, this::preempt, this::preempt);
    pools.add(pool);
    return new AgentPools(pool, pool, pool);
  }

  private void failWithoutMemory() {
    if (memoryGone) {
      memoryGone = false;
      throw new OutOfMemoryError("test");
    }
  }

  private void start() {
    threads.start();
    started = true;
  }

  private void stop() {
    stopperActive = true;
    started = false;
    try {
      threads.stop();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    stopperActive = false;
  }

  // ---- The agent's work.

  private @Nullable HandshakeSteps open() {
    preempt();
    if (chance()) {
      return switch (choose(3)) {
        case 0 -> null;
        case 1 -> throw new IllegalStateException("test");
        default -> throw new OutOfMemoryError("test");
      };
    }
    Steps opened = new Steps();
    steps.add(opened);
    return opened;
  }

  private final class Steps implements HandshakeSteps {
    private boolean underWay;
    private int closed;

    @Override
    public Work next() {
      if (kind == Kind.EXHAUSTIVE) {
        return Work.COMPUTES;
      }
      return switch (choose(3)) {
        case 0 -> Work.COMPUTES;
        case 1 -> Work.WAITS;
        default -> Work.LIGHT;
      };
    }

    @Override
    public HandshakeAnswer begin() {
      return take();
    }

    @Override
    public HandshakeAnswer receive(ByteBuf bytes) {
      buffers.add(bytes);
      bytes.release();
      return take();
    }

    private HandshakeAnswer take() {
      check(!underWay && closed == 0, "one step at a time, and none after the close");
      underWay = true;
      preempt();
      underWay = false;
      return answer();
    }

    @Override
    public void close() {
      closed++;
      check(closed == 1, "a handshake is closed once");
      check(!underWay, "a handshake is not closed in mid-step");
      preempt();
      if (chance()) {
        throw new IllegalStateException("test");
      }
    }
  }

  private HandshakeAnswer answer() {
    if (chance()) {
      return switch (choose(3)) {
        case 0 -> throw new IllegalStateException("test");
        case 1 -> throw new OutOfMemoryError("test");
        default ->
            new HandshakeAnswer.NeedInput(
                buffer(),
                () -> {
                  throw new IllegalStateException("test");
                });
      };
    }
    return switch (choose(3)) {
      case 0 -> new HandshakeAnswer.NeedInput(buffer(), () -> PeerFacts.NONE);
      case 1 ->
          new HandshakeAnswer.Refused(
              buffer(), new HandshakeOutcome.Failed(FailureReason.NO_SHARED_GROUP, "test"));
      default -> established();
    };
  }

  private HandshakeAnswer.Established established() {
    CryptoInfo rx = chance() ? key(CipherType.AES_GCM_256) : key(CipherType.AES_GCM_128);
    return new HandshakeAnswer.Established(
        buffer(),
        buffer(),
        new SessionKeys.Fixed(key(CipherType.AES_GCM_128), rx),
        buffer(),
        PostHandshake.NONE,
        KeySerial.NONE,
        new Session(
            TlsVersion.TLS_1_3, "TLS_AES_128_GCM_SHA256", "x25519", null, null, false, 16384));
  }

  private CryptoInfo key(CipherType cipher) {
    SecretBytes key = SecretBytes.wiping(new byte[cipher.keyLength()]);
    SecretBytes iv = SecretBytes.wiping(new byte[12]);
    buffers.add(key.reveal());
    buffers.add(iv.reveal());
    return new CryptoInfo(TlsVersion.TLS_1_3, cipher, key, iv, 0);
  }

  private ByteBuf buffer() {
    ByteBuf buffer = Unpooled.wrappedBuffer(new byte[] {1, 2, 3});
    buffers.add(buffer);
    return buffer;
  }

  // ---- The consumer of one socket.

  private final class Consumer implements KtlsSocket.Callbacks, Transport {
    private final int number;
    private final HandshakeKind side;
    private KtlsSocket socket;
    private @Nullable Request latest;
    private boolean established = true;
    private boolean reading = true;
    private boolean inCall;

    Consumer(int number, HandshakeKind side) {
      this.number = number;
      this.side = side;
      socket = newSocket();
    }

    void addEvents() {
      add("submit", 20, () -> !socket.isClosed() && !isUnderWay(), this::submit);
      add("submit again", 2, () -> socket.isClosed() || isUnderWay(), this::submit);
      add("cancel", 3, () -> latest != null, this::cancel);
      add("close", 3, () -> !socket.isClosed(), () -> close(socket::close));
      add("bytes", 60, () -> established && reading && isUnderWay(), this::bytesArrive);
      add("late bytes", 3, () -> established && !reading, this::bytesArrive);
      add("fin", 2, () -> established, () -> socket.receivedFin());
      add("gone", 2, () -> established, this::goAway);
      add("reset", 1, () -> faults && !socket.isClosed(), () -> close(socket::reset));
      add("connect", 20, () -> socket.isClosed() && !isUnderWay(), this::connect);
    }

    private void add(String name, int weight, BooleanSupplier possible, Runnable step) {
      all.add(
          new Event(
              name + " " + number,
              weight,
              () -> !loopActive && possible.getAsBoolean(),
              () -> onLoop(step)));
    }

    /// The next connection, in place of one that is closed.
    private void connect() {
      socket.close();
      established = true;
      reading = true;
      latest = null;
      socket = newSocket();
    }

    private KtlsSocket newSocket() {
      KtlsSocket fresh = engine.socket(this);
      fresh.setUlp(KtlsSocket.TLS_ULP);
      fresh.setCallbacks(this);
      return fresh;
    }

    private boolean isUnderWay() {
      return latest != null && latest.isUnderWay();
    }

    private void inCall(Runnable call) {
      boolean before = inCall;
      inCall = true;
      call.run();
      inCall = before;
    }

    private void close(Runnable call) {
      if (latest != null) {
        latest.closed |= latest.isUnderWay();
      }
      inCall(call);
    }

    private void submit() {
      HandshakeSubmit expected = expected();
      int eventsBefore = events;
      KtlsSocket.Callbacks before = callbacks();
      Request request = new Request();
      requests.add(request);
      inCall(() -> request.submitted = submit(args(request)));
      if (events == eventsBefore) {
        check(
            request.submitted == expected,
            "submit answers " + expected + " and not " + request.submitted);
      } else {
        check(
            (request.submitted == HandshakeSubmit.EINVAL) == (expected == HandshakeSubmit.EINVAL)
                && (request.submitted == HandshakeSubmit.EBUSY)
                    == (expected == HandshakeSubmit.EBUSY),
            "nobody but the loop makes a request invalid or busy");
      }
      if (request.submitted == HandshakeSubmit.ACCEPTED) {
        latest = request;
      } else {
        check(callbacks().equals(before), "a refused request leaves the callbacks alone");
      }
    }

    private KtlsSocket.Callbacks callbacks() {
      KtlsSocket.Callbacks now = socket.setCallbacks(this);
      socket.setCallbacks(now);
      return now;
    }

    private HandshakeSubmit expected() {
      if (socket.isClosed() || socket.version() != null) {
        return HandshakeSubmit.EINVAL;
      }
      if (isUnderWay()) {
        return HandshakeSubmit.EBUSY;
      }
      if (!started) {
        return HandshakeSubmit.ESRCH;
      }
      if (threads.pending() >= PENDING_MAX) {
        return HandshakeSubmit.EAGAIN;
      }
      return memoryGone && side.isClient() ? HandshakeSubmit.ENOMEM : HandshakeSubmit.ACCEPTED;
    }

    private HandshakeSubmit submit(HandshakeArgs args) {
      return side.isClient() ? agent.clientHelloAnon(args) : agent.serverHelloX509(args);
    }

    private HandshakeArgs args(Request request) {
      return HandshakeArgs.of(
          socket, "web", TlsPolicy.DEFAULT, TIMEOUT_MS, outcome -> done(request, outcome));
    }

    private void done(Request request, HandshakeOutcome outcome) {
      trace.add("  ".repeat(nesting) + "= done " + number + " " + outcome.status());
      request.done++;
      check(request.done == 1, "done is called once");
      check(request.submitted == HandshakeSubmit.ACCEPTED, "done is for accepted requests");
      check(!request.cancelled, "there is no done after a cancel");
      check(loopActive && !agentActive, "done is called on the event loop");
      check(!inCall, "done is not called from within submit, cancel or close");
      check(callbacks().equals(this), "the callbacks are given back before done");
      check(!reading || socket.isClosed(), "reading is off at done");
      check(
          outcome instanceof HandshakeOutcome.Failed || socket.version() != null,
          "an established session has its keys");
      check(
          !request.closed || outcome.status() == HandshakeStatus.ETIMEDOUT,
          "after a close the outcome is that of the close");
      react();
    }

    /// What a consumer may do from within its `done`.
    private void react() {
      Consumer other = consumers.get((number + 1) % consumers.size());
      switch (choose(faults ? 7 : 5)) {
        case 1 -> cancel();
        case 2 -> other.cancel();
        case 3 -> other.submit();
        case 4 -> close(socket::close);
        case 5 -> submit();
        case 6 -> throw new IllegalStateException("test");
        default -> {}
      }
    }

    private void cancel() {
      boolean expected = isUnderWay();
      if (expected && latest != null) {
        // Before the call, for the agent may answer while it lasts.
        latest.cancelled = true;
      }
      boolean[] cancelled = new boolean[1];
      inCall(() -> cancelled[0] = agent.cancel(socket));
      check(cancelled[0] == expected, "cancel answers " + expected);
      if (expected) {
        check(callbacks().equals(this), "the callbacks are given back by cancel");
        check(reading || !established || socket.isClosed(), "reading is on after a cancel");
      }
    }

    private void bytesArrive() {
      ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(8).writeZero(8);
      buffers.add(bytes);
      socket.received(bytes);
      check(
          !isUnderWay()
              || !reading
              || socket.isClosed()
              || socket.poll().contains(PollEvent.RDHUP)
              || !socket.poll().contains(PollEvent.IN),
          "what nobody takes stops the reading");
    }

    private void goAway() {
      established = false;
      socket.disconnected();
    }

    @Override
    public void dataReady() {
      check(!isUnderWay(), "nobody else hears of events in mid-handshake");
    }

    @Override
    public void writeSpace() {}

    @Override
    public boolean isEstablished() {
      return established;
    }

    @Override
    public void write(ByteBuf bytes) {
      bytes.release();
      failWithoutMemory();
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void setReading(boolean next) {
      reading = next;
    }

    @Override
    public void shutdownOutput() {}

    @Override
    public void close() {
      // Gone after a while, or never.
    }

    @Override
    public void reset() {}

    @Override
    public void later(Runnable task, long delayNanos) {
      loop.execute(task);
    }

    @Override
    public long unsent() {
      return 0;
    }
  }

  // ---- The end.

  private void end() throws InterruptedException {
    memoryGone = false;
    drain();
    for (Consumer consumer : consumers) {
      check(
          !consumer.isUnderWay() || !consumer.socket.isClosed(),
          "a handshake does not outlive its socket");
    }
    loop.pass(TIMEOUT_MS);
    drain();
    check(agent.inFlight() == 0, "no handshake is left");
    check(threads.pending() == 0, "no request is left pending, but " + threads.pending());
    check(threads.live() == 0, "no exchange is left alive, but " + threads.live());
    checkTimers();
    stop();
    drain();
    for (Request request : requests) {
      boolean accepted = request.submitted == HandshakeSubmit.ACCEPTED;
      check(
          request.done + (request.cancelled ? 1 : 0) == (accepted ? 1 : 0),
          "accepted: done or cancelled; refused: neither. It was "
              + request.submitted
              + ", done "
              + request.done
              + ", cancelled "
              + request.cancelled);
    }
    for (Steps opened : steps) {
      check(opened.closed == 1, "a handshake is closed once and not " + opened.closed);
    }
    for (Consumer consumer : consumers) {
      check(consumer.callbacks().equals(consumer), "the callbacks are given back");
      consumer.socket.close();
    }
    for (ByteBuf buffer : buffers) {
      check(buffer.refCnt() == 0, "every buffer is released");
    }
  }

  private void drain() {
    for (int i = 0; i < DRAIN_MAX; i++) {
      if (busyPool() != null) {
        runAgentTask();
      } else if (loop.hasTask()) {
        onLoop(loop::runTask);
      } else {
        return;
      }
    }
    check(false, "the events come to an end");
  }
}
