package io.sallyport.link;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.sallyport.agent.AgentOptions;
import io.sallyport.agent.AgentSharing;
import io.sallyport.agent.AgentStat;
import io.sallyport.agent.AgentVerticle;
import io.sallyport.audit.KeyAudit;
import io.sallyport.config.HoldersConfig;
import io.sallyport.config.HostPort;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ticket.TicketRings;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// All links of one member, on one event loop: asks other members, and answers them. Deployed once.
///
/// The handshakes of the links themselves are done by an agent of their own with the keys of the
/// links and nothing else, so that they come through however much there is to do.
public final class MemberLinks extends VerticleBase {
  /// What the links of a member are made with.
  ///
  /// @param name of this member, which its certificate is for
  /// @param bind where other members find it
  /// @param linkKeys loaded by [LinkKeyring#load]; stays its creator's
  /// @param own keyrings that this member opens itself; stays its creator's
  /// @param shared which of them others may use; any thread asks
  /// @param holders whom keyrings are taken from
  /// @param tickets the ticket keys of `own`, which members share
  public record Options(
      String name,
      HostPort bind,
      KeyringStore linkKeys,
      KeyringStore own,
      Supplier<List<SharedKeyring>> shared,
      HoldersConfig holders,
      TicketRings tickets,
      KeyAudit audit,
      ByteBufAllocator allocator,
      AeadBackend backend) {}

  private record Waiting(BooleanSupplier condition, Promise<Void> met) {}

  private static final Logger LOG = System.getLogger("sallyport.link");
  private static final int TICK_MS = 500;

  /// Of all members together; see [AskedLink#WORKING_MAX].
  private static final int SIGNATURES_WAITING_MAX = 4096;

  /// One member's relayed handshakes have a quarter of the agent's queue.
  private static final int OPENING_SHARE = 4;

  private static final int LINK_HANDSHAKES_WAITING_MAX = 256;

  private final Options options;
  private final Links links = new Links();
  private final MemberKeyrings keyrings;
  private final HeldKeyrings held;
  private final AgentVerticle agent;
  private final AgentVerticle linkAgent;
  private final ThreadPoolExecutor signers;
  private final ExecutorService waitingThreads;
  private final LongAdder busy = new LongAdder();
  private final int openingMax;

  /// Who waits for what. Confined to the verticle's event loop.
  private final List<Waiting> waiting = new ArrayList<>();

  /// Confined to the same.
  private boolean stopped;

  // Set by `start`, before the verticle counts as deployed.
  @SuppressWarnings("NullAway.Init")
  private LinkDialer dialer;

  @SuppressWarnings("NullAway.Init")
  private LinkServer server;

  @SuppressWarnings("NullAway.Init")
  private HostPort bound;

  /// @param agentOptions of the agent that does this member's handshakes
  public MemberLinks(Options options, AgentOptions agentOptions) {
    this.options = options;
    keyrings = new MemberKeyrings(options.own(), links);
    held = new HeldKeyrings(options.own());
    agent =
        new AgentVerticle(
            keyrings,
            agentOptions,
            new AgentSharing(
                new MemberTickets(options.own(), options.tickets(), links), options.audit()));
    linkAgent =
        new AgentVerticle(options.linkKeys(), new AgentOptions(1, LINK_HANDSHAKES_WAITING_MAX));
    openingMax = Math.max(1, agentOptions.pendingMax() / OPENING_SHARE);
    signers = signers(agentOptions.threads());
    waitingThreads =
        Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("sallyport-tickets-", 0).factory());
  }

  private static ThreadPoolExecutor signers(int threads) {
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(SIGNATURES_WAITING_MAX),
        Thread.ofPlatform().daemon().name("sallyport-signer-", 1).factory());
  }

  @Override
  public Future<?> start() {
    EventLoop loop = ((ContextInternal) context).nettyEventLoop();
    RecordEngine engine = new RecordEngine(options.allocator(), options.backend());
    HandshakeAgent handshakes = new HandshakeAgent(loop, linkAgent.service());
    dialer = new LinkDialer(vertx, loop, engine, handshakes, options.name(), this::heard);
    AnsweringService service =
        new AnsweringService(
            options.name(),
            agent.service(),
            options.own(),
            held,
            options.shared(),
            options.tickets(),
            agent::tickets,
            options.audit(),
            signers,
            waitingThreads,
            agent::pending,
            agent::running,
            openingMax,
            busy);
    server = new LinkServer(vertx, loop, engine, handshakes, options.linkKeys(), service);
    vertx.setPeriodic(TICK_MS, _ -> tick());
    return vertx
        .deployVerticle(linkAgent)
        .compose(_ -> vertx.deployVerticle(agent))
        .compose(_ -> server.listen(options.bind()))
        .onSuccess(address -> bound = address);
  }

  private void tick() {
    for (MemberLink link : List.copyOf(links.all())) {
      link.tick();
      if (link.isForgotten()) {
        drop(link, "it left the cluster");
      }
    }
    held.look(options.shared().get().stream().map(SharedKeyring::name).collect(Collectors.toSet()));
    server.tick();
    completeWaiting();
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    completeWaiting();
    links.all().forEach(MemberLink::close);
    dialer.close();
    signers.shutdown();
    waitingThreads.shutdown();
    keyrings.close();
    return server.close().onComplete(_ -> held.close());
  }

  /// Where other members find this one, as bound. Once it is deployed.
  public HostPort address() {
    return bound;
  }

  /// Does the handshakes of this member. Can be taken once the verticle is deployed.
  public HandshakeService handshakes() {
    return new MemberHandshakes(agent.service(), keyrings, links, dialer);
  }

  /// What the agent of this member does, and who did its handshakes. Any thread.
  public AgentStat stat() {
    SortedMap<String, Long> serviced = links.stat().values();
    serviced.put("refused_busy", busyAnswers());
    return new AgentStat(agent.pending(), agent.running(), serviced);
  }

  /// How many requests of other members were refused because they had too many under way, or all of
  /// them together had. Any thread.
  long busyAnswers() {
    return busy.sum();
  }

  private void drop(MemberLink link, String why) {
    links.remove(link.member()).ifPresent(MemberLink::close);
    LOG.log(Level.INFO, "link to member " + link.member() + " is closed: " + why);
  }

  /// The other members of the cluster, as it is now: those that are new are connected to. Those
  /// that left are asked for as long as they answer, because a cluster may lose who can be reached.
  /// Any thread.
  ///
  /// @param members addresses by name, this member not among them
  public void setMembers(Map<String, HostPort> members) {
    Map<String, HostPort> copy = Map.copyOf(members);
    context.runOnContext(_ -> update(copy));
  }

  private void update(Map<String, HostPort> members) {
    for (MemberLink link : List.copyOf(links.all())) {
      HostPort address = members.get(link.member());
      if (address == null) {
        link.left();
      } else if (address.equals(link.address())) {
        link.joined();
      } else {
        drop(link, "it is at " + address + " now");
      }
    }
    Set<String> known = Set.copyOf(links.all().stream().map(MemberLink::member).toList());
    members.forEach((name, address) -> {
      if (!known.contains(name)) {
        TakenOffers offers = new TakenOffers(options.holders(), options.own(), name);
        MemberLink link = new MemberLink(dialer, name, address, offers);
        links.add(link);
        link.connect();
      }
    });
  }

  /// Whether handshakes with this keyring can be done, here or elsewhere, as far as is known now.
  /// Any thread.
  public boolean canServe(String keyring) {
    return keyrings.contains(keyring) || links.access(keyring) == Links.Access.RELAY;
  }

  /// Completes as soon as [#canServe] is true of every one of these keyrings; fails when the member
  /// stops. Any thread.
  public Future<Void> whenServing(Set<String> names) {
    Set<String> keyrings = Set.copyOf(names);
    return when(() -> keyrings.stream().allMatch(this::canServe));
  }

  /// Completes as soon as the link to this member is up. Any thread.
  Future<Void> whenHeard(String member) {
    return when(() ->
        links.all().stream()
            .anyMatch(link -> link.member().equals(member) && link.status().isPresent()));
  }

  private Future<Void> when(BooleanSupplier condition) {
    Promise<Void> met = Promise.promise();
    context.runOnContext(_ -> {
      waiting.add(new Waiting(condition, met));
      completeWaiting();
    });
    return met.future();
  }

  /// The asking sides of the links.
  Links others() {
    return links;
  }

  /// What the agent of this member does handshakes with.
  KeyringStore keyrings() {
    return keyrings;
  }

  private void heard(MemberLink link, LinkFrame.Status status) {
    keyrings.heard(link, status);
    completeWaiting();
  }

  private void completeWaiting() {
    if (stopped) {
      waiting.forEach(entry -> entry.met().fail("the member stops"));
      waiting.clear();
    }
    waiting.removeIf(entry -> {
      boolean isMet = entry.condition().getAsBoolean();
      if (isMet) {
        entry.met().complete();
      }
      return isMet;
    });
  }
}
