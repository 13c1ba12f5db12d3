package io.sallyport.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.EventExecutor;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract of requests, in every order of events. The agent is a script, the network is
/// memory, and time stands still unless it is told to pass.
// Longer than 400 lines: the cases of one contract, side by side.
@ExtendWith(LeakCheck.class)
class HandshakeAgentTest {
  private static final int TIMEOUT_MS = 1000;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Script script = new Script();
  private final HandshakeAgent agent = new HandshakeAgent(channel.eventLoop(), script);
  private final MemoryTransport transport = new MemoryTransport();
  private final KtlsSocket socket =
      new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe()).socket(transport);
  private final List<HandshakeOutcome> outcomes = new ArrayList<>();
  private final CountingCallbacks consumer = new CountingCallbacks();

  /// An agent that says what the test says.
  private static final class Script implements HandshakeService, HandshakeService.Exchange {
    private HandshakeSubmit verdict = HandshakeSubmit.ACCEPTED;
    private final List<Answers> answers = new ArrayList<>();
    private final List<String> received = new ArrayList<>();
    private int cancelled;

    @Override
    public Submission submit(HandshakeRequest request, Answers to) {
      if (verdict != HandshakeSubmit.ACCEPTED) {
        return new Submission.Refused(verdict);
      }
      answers.add(to);
      return new Submission.Accepted(this);
    }

    @Override
    public void received(ByteBuf bytes) {
      received.add(bytes.toString(StandardCharsets.US_ASCII));
      bytes.release();
    }

    @Override
    public void cancel() {
      cancelled++;
    }
  }

  private static final class CountingCallbacks implements KtlsSocket.Callbacks {
    private int dataReady;

    @Override
    public void dataReady() {
      dataReady++;
    }

    @Override
    public void writeSpace() {}
  }

  @BeforeEach
  void freezeTime() {
    channel.freezeTime();
    socket.setUlp(KtlsSocket.TLS_ULP);
    socket.setCallbacks(consumer);
  }

  @AfterEach
  void releaseMemory() {
    socket.close();
    transport.release();
    channel.finishAndReleaseAll();
  }

  private HandshakeArgs args() {
    return HandshakeArgs.of(socket, "web", TlsPolicy.DEFAULT, TIMEOUT_MS, outcomes::add);
  }

  private void submit() {
    assertThat(agent.serverHelloX509(args())).isEqualTo(HandshakeSubmit.ACCEPTED);
  }

  private void answer(HandshakeAnswer answer) {
    script.answers.getLast().answer(answer);
    channel.runPendingTasks();
  }

  private void needInput(String output) {
    answer(new HandshakeAnswer.NeedInput(bytes(output), () -> PeerFacts.NONE));
  }

  private static HandshakeAnswer.Established established(String output, String unconsumed) {
    return new HandshakeAnswer.Established(
        bytes(output),
        bytes(unconsumed),
        new SessionKeys.Fixed(key(), key()),
        Unpooled.EMPTY_BUFFER,
        PostHandshake.NONE,
        KeySerial.NONE,
        new Session(
            TlsVersion.TLS_1_3, "TLS_AES_128_GCM_SHA256", "x25519", null, null, false, 16384));
  }

  private static CryptoInfo key() {
    return new CryptoInfo(
        TlsVersion.TLS_1_3,
        CipherType.AES_GCM_128,
        SecretBytes.wiping(new byte[16]),
        SecretBytes.wiping(new byte[12]),
        0);
  }

  private static HandshakeAnswer refused() {
    return new HandshakeAnswer.Refused(
        bytes("alert"), new HandshakeOutcome.Failed(FailureReason.NO_SHARED_GROUP, "for a reason"));
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private void network(String text) {
    ByteBuf direct = ByteBufAllocator.DEFAULT.directBuffer();
    direct.writeCharSequence(text, StandardCharsets.US_ASCII);
    socket.received(direct);
  }

  private void pass(int ms) {
    channel.advanceTimeBy(ms, TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
  }

  private String sent() {
    return new String(transport.takeSent(), StandardCharsets.US_ASCII);
  }

  private void assertDone(HandshakeStatus status) {
    channel.runPendingTasks();
    pass(10 * TIMEOUT_MS);
    assertThat(outcomes).hasSize(1);
    assertThat(outcomes.getFirst().status()).isEqualTo(status);
    assertThat(agent.inFlight()).isZero();
    int before = consumer.dataReady;
    socket.receivedFin();
    assertThat(consumer.dataReady).as("callbacks were given back").isEqualTo(before + 1);
  }

  private void assertNeverDone() {
    channel.runPendingTasks();
    pass(10 * TIMEOUT_MS);
    assertThat(outcomes).isEmpty();
  }

  // ---- The good end.

  @Test
  void bytesGoToTheAgentAndItsAnswersToTheSocket() {
    submit();
    network("hello");
    assertThat(script.received).containsExactly("hello");
    needInput("flight");
    assertThat(sent()).isEqualTo("flight");
    assertThat(transport.flushes()).isEqualTo(1);
    network("finished");
    assertThat(script.received).containsExactly("hello", "finished");
    assertThat(transport.isReading()).as("a peer that keeps to its turns stops nothing").isTrue();
    answer(established("last", ""));
    assertThat(sent()).isEqualTo("last");
    assertThat(transport.isReading()).as("the consumer says when it wants more").isFalse();
    assertThat(socket.version()).isEqualTo(TlsVersion.TLS_1_3);
    assertDone(HandshakeStatus.OK);
    assertThat(consumer.dataReady).as("nothing else reached the consumer").isEqualTo(1);
  }

  @Test
  void bytesThatCameBeforeTheRequestAreTheFirst() {
    network("hello");
    submit();
    channel.runPendingTasks();
    assertThat(script.received).containsExactly("hello");
  }

  /// The look at what came before the request is still to come then.
  @Test
  void aHandshakeThatHasEndedDoesNotStopTheReading() {
    network("hello");
    submit();
    network("more");
    assertThat(agent.cancel(socket)).isTrue();
    channel.runPendingTasks();
    assertThat(transport.isReading()).isTrue();
  }

  @Test
  void aClientsAgentIsTheFirstToSpeak() {
    network("hello");
    assertThat(agent.clientHelloAnon(args())).isEqualTo(HandshakeSubmit.ACCEPTED);
    channel.runPendingTasks();
    assertThat(script.received).isEmpty();
    needInput("client hello");
    assertThat(sent()).isEqualTo("client hello");
    assertThat(script.received).containsExactly("hello");
  }

  @Test
  void bytesThatComeWhileTheAgentWorksWaitTheirTurn() {
    submit();
    network("one");
    assertThat(transport.isReading()).isTrue();
    network("two");
    assertThat(transport.isReading()).as("reading what nobody takes").isFalse();
    network("three");
    assertThat(script.received).containsExactly("one");
    needInput("");
    assertThat(script.received).containsExactly("one", "twothree");
    needInput("");
    assertThat(transport.isReading()).isTrue();
    network("four");
    assertThat(script.received).containsExactly("one", "twothree", "four");
  }

  @Test
  void unconsumedBytesStandBeforeLaterOnes() {
    // Two records of the client under its key, cut between them by the handshake.
    MemoryTransport peer = new MemoryTransport();
    KtlsSocket client =
        new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe()).socket(peer);
    client.setUlp(KtlsSocket.TLS_ULP);
    try (CryptoInfo key = key()) {
      client.setTx(key);
    }
    client.send(bytes("first"));
    byte[] first = peer.takeSent();
    client.send(bytes("second"));
    byte[] second = peer.takeSent();
    client.close();
    peer.release();

    submit();
    needInput("");
    network("finished");
    socket.received(ByteBufAllocator.DEFAULT.directBuffer().writeBytes(second));
    HandshakeAnswer.Established answer = established("", "");
    answer(
        new HandshakeAnswer.Established(
            answer.output(),
            Unpooled.wrappedBuffer(first),
            answer.keys(),
            Unpooled.EMPTY_BUFFER,
            PostHandshake.NONE,
            answer.peerid(),
            answer.session()));
    assertThat(text(socket.recv())).isEqualTo("first");
    assertThat(text(socket.recv())).isEqualTo("second");
    assertDone(HandshakeStatus.OK);
  }

  private static String text(Received received) {
    assertThat(received).isInstanceOf(Received.ApplicationData.class);
    ByteBuf content = ((Received.ApplicationData) received).content();
    String text = content.toString(StandardCharsets.US_ASCII);
    content.release();
    return text;
  }

  // ---- Refused requests.

  @Test
  void aRefusedRequestLeavesTheSocketAlone() {
    for (HandshakeSubmit verdict :
        List.of(HandshakeSubmit.ESRCH, HandshakeSubmit.EAGAIN, HandshakeSubmit.ENOMEM)) {
      script.verdict = verdict;
      assertThat(agent.serverHelloX509(args())).isEqualTo(verdict);
    }
    assertThat(agent.cancel(socket)).isFalse();
    network("plain");
    assertThat(consumer.dataReady).isEqualTo(1);
    assertNeverDone();
  }

  @Test
  void aSecondRequestOnASocketIsBusy() {
    submit();
    assertThat(agent.serverHelloX509(args())).isEqualTo(HandshakeSubmit.EBUSY);
    answer(refused());
    assertDone(HandshakeStatus.EACCES);
  }

  @Test
  void argumentsThatCannotBeRightAreInvalid() {
    HandshakeArgs good = args();
    List<HandshakeArgs> bad =
        List.of(
            HandshakeArgs.of(socket, " ", TlsPolicy.DEFAULT, TIMEOUT_MS, outcomes::add),
            HandshakeArgs.of(socket, "web", TlsPolicy.DEFAULT, -1, outcomes::add),
            good.withCertificate(new KeySerial(1), KeySerial.NONE),
            good.withCertificate(KeySerial.NONE, new KeySerial(1)),
            new HandshakeArgs(
                socket,
                outcomes::add,
                null,
                TIMEOUT_MS,
                "web",
                KeySerial.NONE,
                KeySerial.NONE,
                Collections.nCopies(6, new KeySerial(7)),
                TlsPolicy.DEFAULT,
                "test"));
    for (HandshakeArgs args : bad) {
      assertThat(agent.serverHelloX509(args)).isEqualTo(HandshakeSubmit.EINVAL);
    }
    try (CryptoInfo key = key()) {
      socket.setTx(key);
    }
    assertThat(agent.serverHelloX509(good)).isEqualTo(HandshakeSubmit.EINVAL);
    socket.close();
    assertThat(agent.serverHelloX509(good)).isEqualTo(HandshakeSubmit.EINVAL);
    assertNeverDone();
  }

  // ---- The bad ends.

  @Test
  void theAlertGoesOutBeforeDone() {
    submit();
    needInput("");
    network("hello");
    answer(refused());
    assertThat(sent()).isEqualTo("alert");
    assertDone(HandshakeStatus.EACCES);
  }

  @Test
  void theTimeoutCountsFromTheRequest() {
    submit();
    pass(TIMEOUT_MS - 1);
    assertThat(outcomes).isEmpty();
    pass(1);
    assertThat(script.cancelled).isEqualTo(1);
    assertDone(HandshakeStatus.ETIMEDOUT);
  }

  @Test
  void anAnswerAfterTheTimeoutIsDropped() {
    submit();
    needInput("");
    network("hello");
    pass(TIMEOUT_MS);
    HandshakeAnswer.Established late = established("", "");
    answer(late);
    assertThat(late.output().refCnt()).isZero();
    assertThat(socket.version()).isNull();
    assertDone(HandshakeStatus.ETIMEDOUT);
  }

  @Test
  void aPeerThatLeavesTimesOut() {
    submit();
    needInput("");
    socket.receivedFin();
    assertThat(script.cancelled).isEqualTo(1);
    channel.runPendingTasks();
    assertThat(outcomes).hasSize(1);
    assertThat(outcomes.getFirst().status()).isEqualTo(HandshakeStatus.ETIMEDOUT);
    assertThat(((HandshakeOutcome.Failed) outcomes.getFirst()).detail())
        .isEqualTo("peer closed the connection in mid-handshake");
  }

  @Test
  void aPeerThatLeavesWhileTheAgentWorksIsHeardOfAfterItsAnswer() {
    submit();
    network("hello");
    socket.receivedFin();
    assertThat(script.received).containsExactly("hello");
    assertThat(outcomes).isEmpty();
    needInput("flight");
    channel.runPendingTasks();
    assertThat(outcomes).hasSize(1);
    assertThat(outcomes.getFirst().status()).isEqualTo(HandshakeStatus.ETIMEDOUT);
  }

  @Test
  void aResetTimesOut() {
    submit();
    needInput("");
    socket.disconnected();
    assertDone(HandshakeStatus.ETIMEDOUT);
  }

  @Test
  void aSocketThatIsClosedMeanwhileGetsItsDoneAtOnce() {
    for (boolean agentWorks : List.of(true, false)) {
      KtlsSocket closing = agentWorks ? socket : other();
      HandshakeArgs args =
          HandshakeArgs.of(closing, "web", TlsPolicy.DEFAULT, TIMEOUT_MS, outcomes::add);
      assertThat(agent.serverHelloX509(args)).isEqualTo(HandshakeSubmit.ACCEPTED);
      if (!agentWorks) {
        needInput("");
      }
      outcomes.clear();
      script.cancelled = 0;
      closing.close();
      assertThat(script.cancelled).isPositive();
      assertThat(outcomes).as("from within the close").isEmpty();
      channel.runPendingTasks();
      assertThat(outcomes).hasSize(1);
      assertThat(outcomes.getFirst().status()).isEqualTo(HandshakeStatus.ETIMEDOUT);
      assertThat(((HandshakeOutcome.Failed) outcomes.getFirst()).reason())
          .isEqualTo(FailureReason.SOCKET_CLOSED);
      assertThat(agent.inFlight()).isZero();
    }
  }

  private KtlsSocket other() {
    KtlsSocket other =
        new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe()).socket(transport);
    other.setUlp(KtlsSocket.TLS_ULP);
    return other;
  }

  @Test
  void cancelBehindACloseIsInTime() {
    submit();
    socket.close();
    assertThat(agent.cancel(socket)).isTrue();
    assertNeverDone();
  }

  @Test
  void anAnswerBehindACloseIsDropped() {
    submit();
    HandshakeAnswer.Established late = established("last", "rest");
    script.answers.getLast().answer(late);
    socket.close();
    channel.runPendingTasks();
    assertThat(late.unconsumed().refCnt()).isZero();
    assertThat(outcomes).hasSize(1);
    assertThat(outcomes.getFirst().status()).isEqualTo(HandshakeStatus.ETIMEDOUT);
  }

  @Test
  void aDoneThatThrowsClosesTheSocket() {
    HandshakeArgs args =
        HandshakeArgs.of(
            socket,
            "web",
            TlsPolicy.DEFAULT,
            TIMEOUT_MS,
            outcome -> {
              outcomes.add(outcome);
              throw new IllegalStateException("test");
            });
    assertThat(agent.serverHelloX509(args)).isEqualTo(HandshakeSubmit.ACCEPTED);
    answer(refused());
    assertThat(outcomes).hasSize(1);
    assertThat(socket.isClosed()).isTrue();
  }

  @Test
  void whatAnAgentCannotTellOfAPeerDoesNotHoldUpTheTimeout() {
    submit();
    answer(
        new HandshakeAnswer.NeedInput(
            bytes(""),
            () -> {
              throw new IllegalStateException("test");
            }));
    pass(TIMEOUT_MS);
    assertDone(HandshakeStatus.ETIMEDOUT);
  }

  @Test
  void anAnswerThatCannotBeSentIsEnomemAtOnce() {
    submit();
    transport.failNextWrite();
    HandshakeAnswer.Established answer = established("last", "rest");
    answer(answer);
    assertThat(answer.unconsumed().refCnt()).isZero();
    assertThat(outcomes).hasSize(1);
    assertThat(script.cancelled).isEqualTo(1);
    assertDone(HandshakeStatus.ENOMEM);
  }

  /// The request then ends at its deadline.
  @Test
  void anAnswerThatTheEventLoopHasNoMemoryForIsWiped() {
    EventExecutor full =
        new DefaultEventLoop() {
          @Override
          public void execute(Runnable task) {
            throw new OutOfMemoryError("test");
          }
        };
    SecretBytes key = SecretBytes.wiping(new byte[16]);
    HandshakeAnswer.Established answer = established("last", "rest");
    answer.keys().close();
    new SocketHandshake(agent, full, HandshakeKind.CLIENT_HELLO_X509, args())
        .answer(
            new HandshakeAnswer.Established(
                answer.output(),
                answer.unconsumed(),
                new SessionKeys.Fixed(
                    new CryptoInfo(
                        TlsVersion.TLS_1_3,
                        CipherType.AES_GCM_128,
                        key,
                        SecretBytes.wiping(new byte[12]),
                        0),
                    key()),
                Unpooled.EMPTY_BUFFER,
                PostHandshake.NONE,
                answer.peerid(),
                answer.session()));
    assertThatThrownBy(key::reveal).isInstanceOf(KtlsException.class);
    assertThat(answer.output().refCnt()).isZero();
    assertThat(answer.unconsumed().refCnt()).isZero();
  }

  @Test
  void keysThatCannotBeInstalledAreEio() {
    submit();
    needInput("");
    network("hello");
    HandshakeAnswer.Established answer = established("", "");
    answer.keys().close();
    CryptoInfo other =
        new CryptoInfo(
            TlsVersion.TLS_1_3,
            CipherType.AES_GCM_256,
            SecretBytes.wiping(new byte[32]),
            SecretBytes.wiping(new byte[12]),
            0);
    answer(
        new HandshakeAnswer.Established(
            answer.output(),
            answer.unconsumed(),
            new SessionKeys.Fixed(key(), other),
            Unpooled.EMPTY_BUFFER,
            PostHandshake.NONE,
            answer.peerid(),
            answer.session()));
    assertDone(HandshakeStatus.EIO);
  }

  // ---- Cancel.

  @Test
  void cancelBeforeTheAgentAccepts() {
    submit();
    assertThat(agent.cancel(socket)).isTrue();
    assertThat(script.cancelled).isEqualTo(1);
    assertThat(agent.cancel(socket)).isFalse();
    needInput("");
    assertThat(script.received).isEmpty();
    network("plain");
    assertThat(consumer.dataReady).isEqualTo(1);
    assertNeverDone();
  }

  @Test
  void cancelWhileTheAgentWorks() {
    submit();
    needInput("");
    network("hello");
    assertThat(agent.cancel(socket)).isTrue();
    HandshakeAnswer.Established late = established("last", "rest");
    answer(late);
    assertThat(late.unconsumed().refCnt()).isZero();
    assertThat(sent()).isEmpty();
    assertNeverDone();
  }

  @Test
  void cancelWhenTheAnswerIsOnItsWay() {
    submit();
    script.answers.getLast().answer(refused());
    assertThat(agent.cancel(socket)).isTrue();
    assertThat(sent()).isEmpty();
    assertNeverDone();
  }

  @Test
  void cancelAfterDoneIsTooLate() {
    submit();
    answer(refused());
    assertThat(agent.cancel(socket)).isFalse();
    assertDone(HandshakeStatus.EACCES);
  }

  // ---- Close.

  @Test
  void closeSendsOneCloseNotifyOnAnEstablishedSession() {
    submit();
    answer(established("", ""));
    agent.close(socket);
    assertThat(transport.takeSent()).hasSize(5 + 2 + 1 + 16);
    agent.close(socket);
    assertThat(transport.takeSent()).isEmpty();
  }

  @Test
  void closeSendsNothingWithoutASession() {
    agent.close(socket);
    submit();
    agent.close(socket);
    answer(refused());
    sent();
    agent.close(socket);
    assertThat(transport.takeSent()).isEmpty();
  }

  @Test
  void aReasonIsOnePrintableLineOfBoundedLength() {
    String reason =
        new HandshakeOutcome.Failed(FailureReason.INTERNAL, "a\nb\u001b[0m\u00e9" + "x".repeat(500))
            .detail();
    assertThat(reason).startsWith("a?b?[0m?x").hasSize(200);
  }
}
