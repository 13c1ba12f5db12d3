package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeService.Exchange;
import io.sallyport.handshake.HandshakeService.Submission;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The agent's threads and its queue.
@ExtendWith(LeakCheck.class)
class AgentVerticleTest {
  private static final int PENDING_MAX = 2;

  /// Bytes of a ClientHello that are not all of it.
  private static final int FIRST_LENGTH = 10;

  private final Vertx vertx = Vertx.vertx();
  private final GatedStore store = new GatedStore();
  private final AgentVerticle agent = new AgentVerticle(store, new AgentOptions(1, PENDING_MAX));
  private final HandshakeService service = agent.service();
  @TempDir private Path folder;

  /// A store whose keyrings can be held back, and with them the agent's only thread.
  private static final class GatedStore implements KeyringStore {
    private final LocalKeyringStore keyrings = new LocalKeyringStore();
    private volatile CountDownLatch entered = new CountDownLatch(1);
    private volatile CountDownLatch gate = new CountDownLatch(0);

    @Override
    public boolean contains(String name) {
      return keyrings.contains(name);
    }

    @Override
    public Optional<Keyring> acquire(String name) {
      entered.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return keyrings.acquire(name);
    }

    @Override
    public void put(Keyring keyring) {
      keyrings.put(keyring);
    }

    @Override
    public void remove(String name) {
      keyrings.remove(name);
    }

    @Override
    public KeySerial nextSerial() {
      return keyrings.nextSerial();
    }

    @Override
    public KeySerial addPeer(PeerIdentity peer) {
      return keyrings.addPeer(peer);
    }

    @Override
    public Optional<PeerIdentity> peer(KeySerial serial) {
      return keyrings.peer(serial);
    }

    @Override
    public void close() {
      keyrings.close();
    }
  }

  /// Hears the answers of one request.
  private static final class Heard implements HandshakeService.Answers {
    private final BlockingQueue<HandshakeAnswer> answers = new LinkedBlockingQueue<>();

    @Override
    public void answer(HandshakeAnswer answer) {
      answers.add(answer);
    }

    HandshakeAnswer next() throws InterruptedException {
      HandshakeAnswer answer = answers.poll(10, TimeUnit.SECONDS);
      assertThat(answer).as("an answer within 10 s").isNotNull();
      return Objects.requireNonNull(answer);
    }
  }

  @BeforeEach
  void deploy() {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    store.put(files.keyring(store, "web", "site"));
    vertx.deployVerticle(agent).await();
  }

  @AfterEach
  void stop() {
    store.gate.countDown();
    vertx.close().await();
    store.close();
  }

  private static HandshakeRequest request(String keyring) {
    return new HandshakeRequest(
        HandshakeKind.SERVER_HELLO_X509,
        null,
        keyring,
        KeySerial.NONE,
        KeySerial.NONE,
        List.of(),
        TlsPolicy.DEFAULT,
        "test",
        "");
  }

  private Exchange accepted(Heard heard) {
    Submission submission = service.submit(request("web"), heard);
    assertThat(submission).isInstanceOf(Submission.Accepted.class);
    return ((Submission.Accepted) submission).exchange();
  }

  /// The same, and the client has spoken, though not all of its first message.
  private Exchange heard(Heard heard) throws Exception {
    Exchange exchange = accepted(heard);
    exchange.received(clientHello().readSlice(FIRST_LENGTH));
    return exchange;
  }

  private @Nullable HandshakeSubmit refused(Heard heard) {
    return service.submit(request("web"), heard) instanceof Submission.Refused(var why)
        ? why
        : null;
  }

  /// The thread hangs in the first request from here on.
  private Exchange holdTheThread(Heard heard) throws Exception {
    store.gate = new CountDownLatch(1);
    Exchange exchange = heard(heard);
    store.entered.await();
    return exchange;
  }

  private static ByteBuf clientHello() throws Exception {
    return Unpooled.wrappedBuffer(new JdkClient(_ -> {}).flight());
  }

  @Test
  void anotherKeyringHasNoListener() {
    assertThat(service.submit(request("other"), new Heard()))
        .isEqualTo(new Submission.Refused(HandshakeSubmit.ESRCH));
  }

  @Test
  void nobodyListensBeforeTheStartAndAfterTheStop() {
    AgentVerticle fresh = new AgentVerticle(store, AgentOptions.defaults());
    HandshakeService early = fresh.service();
    Submission.Refused nobody = new Submission.Refused(HandshakeSubmit.ESRCH);
    assertThat(early.submit(request("web"), new Heard())).isEqualTo(nobody);
    String id = vertx.deployVerticle(fresh).await();
    vertx.undeploy(id).await();
    assertThat(early.submit(request("web"), new Heard())).isEqualTo(nobody);
  }

  @Test
  void requestsWaitInABoundedQueue() throws Exception {
    Heard first = new Heard();
    holdTheThread(first);
    Heard second = new Heard();
    Heard third = new Heard();
    heard(second);
    heard(third);
    assertThat(refused(new Heard())).isEqualTo(HandshakeSubmit.EAGAIN);
    store.gate.countDown();
    for (Heard heard : List.of(first, second, third)) {
      assertThat(heard.next()).isInstanceOf(HandshakeAnswer.NeedInput.class);
    }
    assertThat(refused(new Heard())).isNull();
  }

  @Test
  void acceptedRequestsDoNotCount() throws Exception {
    for (int i = 0; i < 10 * PENDING_MAX; i++) {
      Heard heard = new Heard();
      heard(heard);
      assertThat(heard.next()).isInstanceOf(HandshakeAnswer.NeedInput.class);
    }
  }

  @Test
  void aCancelledRequestMakesRoomInTheQueue() throws Exception {
    holdTheThread(new Heard());
    Heard waiting = new Heard();
    Exchange exchange = heard(waiting);
    heard(new Heard());
    assertThat(refused(new Heard())).isEqualTo(HandshakeSubmit.EAGAIN);
    exchange.cancel();
    exchange.cancel();
    Heard last = new Heard();
    heard(last);
    assertThat(refused(new Heard())).isEqualTo(HandshakeSubmit.EAGAIN);
    store.gate.countDown();
    last.next();
    assertThat(waiting.answers).isEmpty();
  }

  /// Hears on which threads the answers come.
  private static final class Threads implements HandshakeService.Answers {
    private final BlockingQueue<String> names = new LinkedBlockingQueue<>();
    private volatile boolean over;

    @Override
    public void answer(HandshakeAnswer answer) {
      answer.discard();
      over = !(answer instanceof HandshakeAnswer.NeedInput);
      names.add(Thread.currentThread().getName());
    }
  }

  /// Of a handshake whose client sends its first message in two pieces, and then something wrong,
  /// as long as the agent answers.
  private List<String> threadsOfThreeSteps(TlsPolicy policy) throws Exception {
    HandshakeRequest request =
        new HandshakeRequest(
            HandshakeKind.SERVER_HELLO_X509,
            null,
            "web",
            KeySerial.NONE,
            KeySerial.NONE,
            List.of(),
            policy,
            "test",
            "");
    Threads threads = new Threads();
    Exchange exchange = ((Submission.Accepted) service.submit(request, threads)).exchange();
    ByteBuf hello = clientHello();
    List<String> names = new ArrayList<>();
    for (ByteBuf piece :
        List.of(
            hello.readRetainedSlice(FIRST_LENGTH), hello, Unpooled.wrappedBuffer(new byte[5]))) {
      if (!threads.over) {
        exchange.received(piece);
        names.add(threads.names.poll(10, TimeUnit.SECONDS));
      }
    }
    return names;
  }

  @Test
  void whatMayVerifyAClientHasAThreadOfItsOwn() throws Exception {
    ClientAuth required = new ClientAuth(ClientAuth.Mode.REQUIRED, List.of());
    assertThat(threadsOfThreeSteps(TlsPolicy.DEFAULT.withClientAuth(required)))
        .containsExactly("sallyport-agent-1", "sallyport-verifier-1");
  }

  /// Behind the server's flight of TLS 1.3 only the client's Finished is left.
  @Test
  void whatIsLightHasNoThreadOfItsOwn() throws Exception {
    assertThat(threadsOfThreeSteps(TlsPolicy.DEFAULT))
        .containsExactly(
            "sallyport-agent-1", "sallyport-agent-1", Thread.currentThread().getName());
  }

  /// What TLS passes over makes a light step long.
  @Test
  void manyBytesAreTheAgentsWhateverTheStep() throws Exception {
    Threads threads = new Threads();
    Exchange exchange = ((Submission.Accepted) service.submit(request("web"), threads)).exchange();
    exchange.received(clientHello());
    assertThat(threads.names.poll(10, TimeUnit.SECONDS)).isEqualTo("sallyport-agent-1");
    ByteBuf flood = Unpooled.buffer();
    for (int i = 0; i < 171; i++) {
      flood.writeInt(0x14030300).writeShort(0x0101);
    }
    exchange.received(flood.readRetainedSlice(1020));
    assertThat(threads.names.poll(10, TimeUnit.SECONDS))
        .isEqualTo(Thread.currentThread().getName());
    exchange.received(flood.readerIndex(0));
    assertThat(threads.names.poll(10, TimeUnit.SECONDS)).isEqualTo("sallyport-agent-1");
    exchange.cancel();
  }

  @Test
  void inTls12TheKeyExchangeIsTheAgentsUnlessItsGroupIsLight() throws Exception {
    TlsPolicy tls12 = TlsPolicy.DEFAULT.withVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2);
    String here = Thread.currentThread().getName();
    for (Group light : List.of(Group.X25519, Group.P256)) {
      assertThat(threadsOfThreeSteps(tls12.withGroups(List.of(light))))
          .containsExactly("sallyport-agent-1", "sallyport-agent-1", here);
    }
    assertThat(threadsOfThreeSteps(tls12.withGroups(List.of(Group.P384))))
        .containsExactly("sallyport-agent-1", "sallyport-agent-1", "sallyport-agent-1");
  }

  @Test
  void cancelWhileTheThreadHasItEndsTheWork() throws Exception {
    Heard heard = new Heard();
    Exchange exchange = holdTheThread(heard);
    exchange.cancel();
    store.gate.countDown();
    Heard next = new Heard();
    heard(next);
    next.next();
    assertThat(heard.answers).isEmpty();
    exchange.received(clientHello());
    assertThat(heard.answers).isEmpty();
  }

  @Test
  void cancelBetweenTwoStepsEndsTheWork() throws Exception {
    Heard heard = new Heard();
    Exchange exchange = accepted(heard);
    exchange.received(clientHello());
    assertThat(heard.next().output().readableBytes()).isPositive();
    exchange.cancel();
    exchange.received(clientHello());
    Heard next = new Heard();
    heard(next);
    next.next();
    assertThat(heard.answers).isEmpty();
  }

  @Test
  void whenTheAgentStopsEveryRequestIsAnsweredOnce() throws Exception {
    Heard silent = new Heard();
    Exchange silentExchange = accepted(silent);
    Heard idle = new Heard();
    Exchange idleExchange = heard(idle);
    idle.next();
    store.entered = new CountDownLatch(1);
    Heard busy = new Heard();
    holdTheThread(busy);
    Heard waiting = new Heard();
    heard(waiting);
    Heard cancelled = new Heard();
    heard(cancelled).cancel();

    var stopped = vertx.undeploy(agent.deploymentID());
    for (Heard heard : List.of(silent, idle, busy, waiting)) {
      HandshakeAnswer answer = heard.next();
      assertThat(answer).isInstanceOf(HandshakeAnswer.Refused.class);
      assertThat(((HandshakeAnswer.Refused) answer).outcome().status())
          .isEqualTo(HandshakeStatus.ETIMEDOUT);
    }
    store.gate.countDown();
    stopped.await();
    silentExchange.received(clientHello());
    idleExchange.received(clientHello());
    for (Heard heard : List.of(silent, idle, busy, waiting, cancelled)) {
      assertThat(heard.answers).isEmpty();
    }
  }

  @Test
  void aKeyringThatIsGoneWhenItsTurnComesIsEnokey() throws Exception {
    Heard heard = new Heard();
    holdTheThread(heard);
    store.remove("web");
    store.gate.countDown();
    HandshakeAnswer answer = heard.next();
    assertThat(((HandshakeAnswer.Refused) answer).outcome().status())
        .isEqualTo(HandshakeStatus.ENOKEY);
  }

  @Test
  void aKeyringThatIsReplacedServesTheHandshakesThatHaveIt() throws Exception {
    Heard heard = new Heard();
    ByteBuf hello = clientHello();
    Exchange exchange = accepted(heard);
    exchange.received(hello.readRetainedSlice(FIRST_LENGTH));
    heard.next();
    store.remove("web");
    exchange.received(hello);
    assertThat(heard.next().output().readableBytes()).isPositive();
    exchange.cancel();
  }
}
