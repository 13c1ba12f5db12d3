package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.agent.AgentOptions;
import io.sallyport.audit.KeyAudit;
import io.sallyport.config.HoldersConfig;
import io.sallyport.config.HostPort;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketTimes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// A member with its links, without a cluster around it: who the others are is told by the test.
final class LinkedMember implements AutoCloseable {
  private static final ConcurrentMap<TicketTimes, TicketRing> RINGS = new ConcurrentHashMap<>();

  private static final int THREADS = 2;

  private final String name;
  private final Vertx vertx = Vertx.vertx();
  private final KeyringStore linkKeys = new LocalKeyringStore();
  private final GatedStore own = new GatedStore();
  private final AtomicReference<List<SharedKeyring>> shared = new AtomicReference<>(List.of());
  private final AtomicInteger ringsRead = new AtomicInteger();
  private volatile CountDownLatch ringsGo = new CountDownLatch(0);
  private final MemberLinks links;
  private final String deployment;

  /// @param files with `CA.pem`, and `NAME.pem` and `NAME.key` of this member
  LinkedMember(TestFiles files, String ca, String name) {
    this(files, ca, name, name, new HoldersConfig.Any());
  }

  /// @param certificate of which files the certificate is
  LinkedMember(TestFiles files, String ca, String name, String certificate, HoldersConfig holders) {
    this.name = name;
    assertThat(
            LinkKeyring.load(
                files.named(certificate + ".pem"),
                files.named(certificate + ".key"),
                files.named(ca + ".pem"),
                linkKeys))
        .isEmpty();
    links =
        new MemberLinks(
            new MemberLinks.Options(
                name,
                new HostPort("127.0.0.1", 0),
                linkKeys,
                own,
                shared::get,
                holders,
                this::ring,
                KeyAudit.OFF,
                PooledByteBufAllocator.DEFAULT,
                AeadBackend.probe()),
            new AgentOptions(THREADS, 1000));
    deployment = await(vertx.deployVerticle(links));
  }

  /// The same for all members in this process, as a cluster has it.
  private TicketRings.Found ring(String keyring, TicketTimes times) {
    ringsRead.incrementAndGet();
    try {
      ringsGo.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return new TicketRings.Found.Ring(
        RINGS
            .computeIfAbsent(
                times, _ -> TicketRing.begin(times, System.currentTimeMillis(), new SecureRandom()))
            .copy());
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  String name() {
    return name;
  }

  KeyringStore own() {
    return own;
  }

  /// Has this member's signers wait until they are let go.
  GatedStore.Held holdSigners() {
    return own.hold("sallyport-signer-");
  }

  /// The same with its agent, whose threads get something to do.
  GatedStore.Held holdAgent(HandshakeRequest request) {
    GatedStore.Held held = own.hold("sallyport-agent-");
    for (int i = 0; i < THREADS; i++) {
      HandshakeService.Submission submission =
          handshakes().submit(request, HandshakeAnswer::discard);
      assertThat(submission).isInstanceOf(HandshakeService.Submission.Accepted.class);
      ((HandshakeService.Submission.Accepted) submission)
          .exchange()
          .received(Unpooled.wrappedBuffer(new byte[] {22}));
    }
    return held;
  }

  MemberLinks links() {
    return links;
  }

  HandshakeService handshakes() {
    return links.handshakes();
  }

  /// Lets members use a keyring that this one holds.
  void share(String keyring, long version, boolean relay, String... members) {
    shared.set(List.of(new SharedKeyring(keyring, version, relay, false, Set.of(members))));
  }

  /// Lets nobody use any of these keyrings, which it need not hold.
  void shareNone(List<String> keyrings) {
    shared.set(
        keyrings.stream()
            .map(keyring -> new SharedKeyring(keyring, 1, false, false, Set.of()))
            .toList());
  }

  /// The same with mode `sign` and without handing out ticket keys.
  void shareSealed(String keyring, String... members) {
    shared.set(List.of(new SharedKeyring(keyring, 1, false, true, Set.of(members))));
  }

  /// How often this member read a ring of ticket keys.
  int ringsRead() {
    return ringsRead.get();
  }

  /// From now on the cluster does not answer this member when it reads a ring.
  void holdRings() {
    ringsGo = new CountDownLatch(1);
  }

  /// Tells this member who the others are.
  void meet(LinkedMember... others) {
    Map<String, HostPort> addresses = new HashMap<>();
    for (LinkedMember other : others) {
      addresses.put(other.name, other.links.address());
    }
    links.setMembers(addresses);
  }

  /// The same with one among them that the test drives by hand.
  void meet(HandMember byHand, LinkedMember... others) {
    Map<String, HostPort> addresses = new HashMap<>();
    addresses.put(byHand.name(), byHand.address());
    for (LinkedMember other : others) {
      addresses.put(other.name, other.links.address());
    }
    links.setMembers(addresses);
  }

  void awaitServing(String keyring) {
    await(links.whenServing(Set.of(keyring)));
  }

  /// Stops its links and nothing else.
  Future<Void> undeploy() {
    return vertx.undeploy(deployment);
  }

  /// Ends this member without a word to the others about its handshakes.
  @Override
  public void close() {
    ringsGo.countDown();
    await(vertx.close());
    own.close();
    linkKeys.close();
  }
}
