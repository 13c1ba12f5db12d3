package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a submit answers, and what a cancel, for each of the five calls: the cases of the kernel's
/// `net/handshake/handshake-test.c`, by their names where they have one here.
@ExtendWith(LeakCheck.class)
class HandshakeSubmitTest {
  private static final int PENDING_MAX = 2;
  private static final int TIMEOUT_MS = 1000;

  private final SteppedLoop loop = new SteppedLoop(() -> {});
  private final List<SteppedThreads> pools = new ArrayList<>();
  private final List<MemoryTransport> transports = new ArrayList<>();
  private final List<KtlsSocket> sockets = new ArrayList<>();
  private final List<HandshakeOutcome> outcomes = new ArrayList<>();
  private final RecordEngine engine =
      new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe());
  private final AgentThreads threads =
      new AgentThreads(
          new NamedOnlyStore(),
          new AgentOptions(1, PENDING_MAX),
          AgentResources.of(new NamedOnlyStore(), InstantSource.system()),
          _ -> new Waiting(),
          this::pool);
  private final HandshakeAgent agent = new HandshakeAgent(loop, threads);
  private int closed;
  private boolean memoryGone;

  /// Always wants more.
  private final class Waiting implements HandshakeSteps {
    @Override
    public Work next() {
      return Work.COMPUTES;
    }

    @Override
    public HandshakeAnswer begin() {
      return new HandshakeAnswer.NeedInput(Unpooled.EMPTY_BUFFER, () -> PeerFacts.NONE);
    }

    @Override
    public HandshakeAnswer receive(ByteBuf bytes) {
      bytes.release();
      return begin();
    }

    @Override
    public void close() {
      closed++;
    }
  }

  /// One of the five calls.
  private static HandshakeSubmit submit(
      HandshakeKind kind, HandshakeAgent agent, HandshakeArgs args) {
    return switch (kind) {
      case CLIENT_HELLO_ANON -> agent.clientHelloAnon(args);
      case CLIENT_HELLO_X509 -> agent.clientHelloX509(args);
      case CLIENT_HELLO_PSK -> agent.clientHelloPsk(args);
      case SERVER_HELLO_X509 -> agent.serverHelloX509(args);
      case SERVER_HELLO_PSK -> agent.serverHelloPsk(args);
    };
  }

  /// The same, and there is work for the agent: a server has some when its peer speaks.
  private HandshakeSubmit submitWithWork(HandshakeKind kind, KtlsSocket socket) {
    HandshakeSubmit submitted = submit(kind, agent, args(socket));
    if (submitted == HandshakeSubmit.ACCEPTED && !kind.isClient()) {
      socket.received(ByteBufAllocator.DEFAULT.directBuffer(1).writeByte(22));
    }
    return submitted;
  }

  private AgentPools pool() {
    SteppedThreads pool = new SteppedThreads(this::failWithoutMemory, () -> {}, this::work);
    pools.add(pool);
    return new AgentPools(pool, pool, pool);
  }

  private void failWithoutMemory() {
    if (memoryGone) {
      throw new OutOfMemoryError("test");
    }
  }

  private void work() {
    for (SteppedThreads pool : pools) {
      while (pool.hasTask()) {
        pool.runTask();
      }
    }
    while (loop.hasTask()) {
      loop.runTask();
    }
  }

  private KtlsSocket socket() {
    MemoryTransport transport = new MemoryTransport();
    transports.add(transport);
    KtlsSocket socket = engine.socket(transport);
    sockets.add(socket);
    socket.setUlp(KtlsSocket.TLS_ULP);
    return socket;
  }

  /// Arguments that suit every call.
  private HandshakeArgs args(KtlsSocket socket) {
    return args(socket, "web", TIMEOUT_MS, "peer.test", List.of(new KeySerial(1)));
  }

  private HandshakeArgs args(
      KtlsSocket socket, String keyring, int timeoutMs, String peername, List<KeySerial> peerids) {
    return new HandshakeArgs(
        socket,
        outcomes::add,
        peername,
        timeoutMs,
        keyring,
        KeySerial.NONE,
        KeySerial.NONE,
        peerids,
        TlsPolicy.DEFAULT,
        "test");
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    memoryGone = false;
    sockets.forEach(KtlsSocket::close);
    threads.stop();
    work();
    assertThat(agent.inFlight()).isZero();
    assertThat(threads.pending()).isZero();
    assertThat(threads.live()).isZero();
    assertThat(loop.hasTimer()).isFalse();
    transports.forEach(MemoryTransport::release);
  }

  private void assertNeverDone() {
    work();
    loop.pass(10 * TIMEOUT_MS);
    work();
    assertThat(outcomes).isEmpty();
  }

  // ---- Submit.

  @ParameterizedTest
  @EnumSource
  void reqAllocGood(HandshakeKind kind) {
    threads.start();
    assertThat(submit(kind, agent, args(socket()))).isEqualTo(HandshakeSubmit.ACCEPTED);
    assertThat(submit(kind, agent, args(socket(), "web", 0, "peer.test", fivePeers())))
        .isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  private static List<KeySerial> fivePeers() {
    return Collections.nCopies(HandshakeArgs.PEERIDS_MAX, new KeySerial(7));
  }

  @ParameterizedTest
  @EnumSource
  void reqAllocFuzz(HandshakeKind kind) {
    threads.start();
    KtlsSocket plain = socket();
    KtlsSocket closedSocket = socket();
    closedSocket.close();
    KtlsSocket goneSocket = socket();
    goneSocket.disconnected();
    KtlsSocket keyed = socket();
    try (CryptoInfo key = key()) {
      keyed.setTx(key);
    }
    List<KeySerial> peers = List.of(new KeySerial(1));
    List<HandshakeArgs> bad =
        List.of(
            args(closedSocket),
            args(goneSocket),
            args(keyed),
            args(plain, "", TIMEOUT_MS, "peer.test", peers),
            args(plain, " ", TIMEOUT_MS, "peer.test", peers),
            args(plain, "web", -1, "peer.test", peers),
            args(plain, "web", Integer.MIN_VALUE, "peer.test", peers),
            args(plain, "web", TIMEOUT_MS, "peer.test", Collections.nCopies(6, new KeySerial(7))),
            args(plain, "web", TIMEOUT_MS, "peer.test", List.of(new KeySerial(1), KeySerial.NONE)),
            args(plain).withCertificate(new KeySerial(1), KeySerial.NONE),
            args(plain).withCertificate(KeySerial.NONE, new KeySerial(1)));
    for (HandshakeArgs args : bad) {
      assertThat(submit(kind, agent, args)).as("%s", args).isEqualTo(HandshakeSubmit.EINVAL);
    }
    assertNeverDone();
  }

  @Test
  void aPskClientNeedsAKeyAndAVerifyingClientAName() {
    threads.start();
    HandshakeArgs bare =
        HandshakeArgs.of(socket(), "web", TlsPolicy.DEFAULT, TIMEOUT_MS, outcomes::add);
    assertThat(agent.clientHelloPsk(bare)).isEqualTo(HandshakeSubmit.EINVAL);
    assertThat(agent.clientHelloX509(bare)).isEqualTo(HandshakeSubmit.EINVAL);
    assertThat(agent.serverHelloPsk(bare)).isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  private static CryptoInfo key() {
    return new CryptoInfo(
        TlsVersion.TLS_1_3,
        CipherType.AES_GCM_128,
        SecretBytes.wiping(new byte[16]),
        SecretBytes.wiping(new byte[12]),
        0);
  }

  @ParameterizedTest
  @EnumSource
  @SuppressWarnings("NullAway") // What callers that are not checked for it may do.
  void reqSubmitNullReqSockDoneOrKeyring(HandshakeKind kind) {
    threads.start();
    KtlsSocket socket = socket();
    TlsPolicy policy = TlsPolicy.DEFAULT;
    List<HandshakeArgs> bad = new ArrayList<>();
    bad.add(null);
    bad.add(HandshakeArgs.of(null, "web", policy, TIMEOUT_MS, outcomes::add));
    bad.add(HandshakeArgs.of(socket, "web", policy, TIMEOUT_MS, null));
    bad.add(HandshakeArgs.of(socket, null, policy, TIMEOUT_MS, outcomes::add));
    for (HandshakeArgs args : bad) {
      assertThat(submit(kind, agent, args)).isEqualTo(HandshakeSubmit.EINVAL);
    }
    assertNeverDone();
  }

  @ParameterizedTest
  @EnumSource
  void reqSubmitLookup(HandshakeKind kind) {
    threads.start();
    KtlsSocket socket = socket();
    submit(kind, agent, args(socket));
    assertThat(agent.inFlight()).isEqualTo(1);
    assertThat(agent.cancel(socket())).as("another socket").isFalse();
    assertThat(agent.cancel(socket)).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void reqSubmitMaxPendingIsEagain(HandshakeKind kind) {
    threads.start();
    for (int i = 0; i < PENDING_MAX; i++) {
      assertThat(submitWithWork(kind, socket())).isEqualTo(HandshakeSubmit.ACCEPTED);
    }
    KtlsSocket one = socket();
    assertThat(submit(kind, agent, args(one))).isEqualTo(HandshakeSubmit.EAGAIN);
    assertThat(agent.cancel(one)).isFalse();
    work();
    assertThat(submit(kind, agent, args(one)))
        .as("accepted ones do not count")
        .isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  @Test
  void serversWhosePeersAreSilentDoNotCount() {
    threads.start();
    for (int i = 0; i < 10 * PENDING_MAX; i++) {
      assertThat(agent.serverHelloX509(args(socket()))).isEqualTo(HandshakeSubmit.ACCEPTED);
    }
    assertThat(threads.pending()).isZero();
    assertThat(threads.live()).isEqualTo(10 * PENDING_MAX);
  }

  /// The peer was faster than the consumer.
  @Test
  void aServerWhosePeerHasSpokenBeforeTheSubmitHasWorkAtOnce() {
    threads.start();
    KtlsSocket socket = socket();
    socket.received(ByteBufAllocator.DEFAULT.directBuffer(1).writeByte(22));
    assertThat(agent.serverHelloX509(args(socket))).isEqualTo(HandshakeSubmit.ACCEPTED);
    assertThat(outcomes).isEmpty();
    loop.runTask();
    assertThat(threads.pending()).isEqualTo(1);
  }

  @Test
  void aServerWhosePeerHasLeftBeforeTheSubmitIsDoneAfterIt() {
    threads.start();
    KtlsSocket socket = socket();
    socket.receivedFin();
    assertThat(agent.serverHelloX509(args(socket))).isEqualTo(HandshakeSubmit.ACCEPTED);
    assertThat(outcomes).isEmpty();
    work();
    assertThat(outcomes).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void reqSubmitMultipleIsEbusy(HandshakeKind kind) {
    threads.start();
    KtlsSocket socket = socket();
    assertThat(submit(kind, agent, args(socket))).isEqualTo(HandshakeSubmit.ACCEPTED);
    assertThat(submit(kind, agent, args(socket))).isEqualTo(HandshakeSubmit.EBUSY);
    work();
    assertThat(submit(kind, agent, args(socket)))
        .as("after accept")
        .isEqualTo(HandshakeSubmit.EBUSY);
    loop.pass(TIMEOUT_MS);
    work();
    assertThat(outcomes).hasSize(1);
    assertThat(submit(kind, agent, args(socket)))
        .as("after done")
        .isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  @ParameterizedTest
  @EnumSource
  void nobodyListensIsEsrch(HandshakeKind kind) throws InterruptedException {
    KtlsSocket socket = socket();
    assertThat(submit(kind, agent, args(socket)))
        .as("not started")
        .isEqualTo(HandshakeSubmit.ESRCH);
    threads.start();
    threads.stop();
    assertThat(submit(kind, agent, args(socket))).as("stopped").isEqualTo(HandshakeSubmit.ESRCH);
    try (LocalKeyringStore empty = new LocalKeyringStore()) {
      AgentThreads other =
          new AgentThreads(
              empty,
              AgentOptions.defaults(),
              AgentResources.of(empty, InstantSource.system()),
              _ -> new Waiting(),
              this::pool);
      other.start();
      assertThat(submit(kind, new HandshakeAgent(loop, other), args(socket)))
          .as("no keyring")
          .isEqualTo(HandshakeSubmit.ESRCH);
      other.stop();
    }
    threads.start();
    assertThat(submit(kind, agent, args(socket))).as("again").isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  @ParameterizedTest
  @EnumSource(names = {"CLIENT_HELLO_ANON", "CLIENT_HELLO_X509", "CLIENT_HELLO_PSK"})
  void noMemoryForTheRequestIsEnomem(HandshakeKind kind) {
    threads.start();
    memoryGone = true;
    KtlsSocket socket = socket();
    assertThat(submit(kind, agent, args(socket))).isEqualTo(HandshakeSubmit.ENOMEM);
    assertThat(threads.pending()).isZero();
    assertThat(threads.live()).isZero();
    assertThat(agent.cancel(socket)).isFalse();
    assertNeverDone();
    memoryGone = false;
    assertThat(submit(kind, agent, args(socket))).isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  @ParameterizedTest
  @EnumSource(names = {"SERVER_HELLO_X509", "SERVER_HELLO_PSK"})
  void noMemoryWhenTheClientSpeaksIsDoneEnomem(HandshakeKind kind) {
    threads.start();
    memoryGone = true;
    assertThat(submitWithWork(kind, socket())).isEqualTo(HandshakeSubmit.ACCEPTED);
    assertThat(threads.pending()).isZero();
    assertThat(threads.live()).isZero();
    work();
    assertThat(outcomes)
        .singleElement()
        .extracting(HandshakeOutcome::status)
        .isEqualTo(HandshakeStatus.ENOMEM);
  }

  @ParameterizedTest
  @EnumSource
  void noMemoryAtAnotherAgentIsEnomem(HandshakeKind kind) {
    HandshakeAgent remote =
        new HandshakeAgent(
            loop,
            (_, _) -> {
              throw new OutOfMemoryError("test");
            });
    assertThat(submit(kind, remote, args(socket()))).isEqualTo(HandshakeSubmit.ENOMEM);
    assertNeverDone();
  }

  // ---- Cancel.

  @ParameterizedTest
  @EnumSource
  void reqCancelBeforeAccept(HandshakeKind kind) {
    threads.start();
    KtlsSocket socket = socket();
    submitWithWork(kind, socket);
    assertThat(threads.pending()).isEqualTo(1);
    assertThat(agent.cancel(socket)).isTrue();
    assertThat(threads.pending()).isZero();
    assertThat(agent.cancel(socket)).isFalse();
    assertNeverDone();
    assertThat(closed).as("handshakes, none of which began").isZero();
  }

  @ParameterizedTest
  @EnumSource
  void reqCancelAfterAccept(HandshakeKind kind) {
    threads.start();
    KtlsSocket socket = socket();
    submitWithWork(kind, socket);
    work();
    assertThat(agent.cancel(socket)).isTrue();
    assertThat(threads.live()).isZero();
    assertNeverDone();
  }

  @ParameterizedTest
  @EnumSource
  void reqCancelAfterDone(HandshakeKind kind) {
    threads.start();
    KtlsSocket socket = socket();
    submitWithWork(kind, socket);
    work();
    socket.receivedFin();
    assertThat(outcomes).hasSize(1);
    assertThat(agent.cancel(socket)).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void reqDestroy(HandshakeKind kind) throws InterruptedException {
    threads.start();
    KtlsSocket cancelled = socket();
    submitWithWork(kind, cancelled);
    KtlsSocket shut = socket();
    submitWithWork(kind, shut);
    work();
    agent.cancel(cancelled);
    assertThat(closed).isEqualTo(1);
    shut.close();
    assertThat(closed).as("with its socket").isEqualTo(2);
    submitWithWork(kind, socket());
    work();
    threads.stop();
    assertThat(closed).as("with the agent").isEqualTo(3);
  }
}
