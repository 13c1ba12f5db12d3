package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.socket.SocketChannel;
import io.sallyport.agent.AgentOptions;
import io.sallyport.agent.AgentVerticle;
import io.sallyport.config.HostPort;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A member that a test drives by hand: certified, speaks frames, and does with them what the test
/// says.
final class HandMember implements AutoCloseable {
  /// What it does with what comes. On its event loop.
  interface Behaviour {
    void received(FrameSocket socket, LinkFrame frame);
  }

  private static final int ALIVE_MS = 300;
  private static final int HANDSHAKE_MS_MAX = 10_000;

  private final Vertx vertx = Vertx.vertx();
  private final KeyringStore linkKeys = new LocalKeyringStore();
  private final AgentVerticle agent = new AgentVerticle(linkKeys, new AgentOptions(1, 100));
  private final String name;
  private final Behaviour behaviour;
  private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();

  /// Confined to its event loop, as the next one.
  private final List<FrameSocket> accepted = new ArrayList<>();

  private final List<FrameSocket> dialed = new ArrayList<>();
  private final Side side = new Side();

  /// What it says of itself every now and then; confined to its event loop.
  private LinkFrame.Status status = new LinkFrame.Status(0, 0, List.of());

  /// @param files with `cluster.pem`, and `NAME.pem` and `NAME.key` of this member
  HandMember(TestFiles files, String name, Behaviour behaviour) {
    this.name = name;
    this.behaviour = behaviour;
    assertThat(
            LinkKeyring.load(
                files.named(name + ".pem"),
                files.named(name + ".key"),
                files.named("cluster.pem"),
                linkKeys))
        .isEmpty();
    LinkedMember.await(vertx.deployVerticle(agent));
    LinkedMember.await(vertx.deployVerticle(side));
  }

  /// Its sockets, on one event loop.
  private final class Side extends VerticleBase {
    private int port;

    // Set by `start`.
    @SuppressWarnings("NullAway.Init")
    private ContextInternal ours;

    @SuppressWarnings("NullAway.Init")
    private RecordEngine engine;

    @SuppressWarnings("NullAway.Init")
    private HandshakeAgent handshakes;

    @Override
    public Future<?> start() {
      ours = (ContextInternal) context;
      engine = new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());
      handshakes = new HandshakeAgent(ours.nettyEventLoop(), agent.service());
      vertx.setPeriodic(ALIVE_MS, _ -> accepted.forEach(socket -> socket.send(status)));
      return vertx
          .createNetServer()
          .connectHandler(this::accept)
          .listen(0, "127.0.0.1")
          .onSuccess(server -> port = server.actualPort());
    }

    private void accept(NetSocket socket) {
      KtlsSocket session =
          KtlsHandler.install(
              (SocketChannel) ((NetSocketInternal) socket).channelHandlerContext().channel(),
              engine);
      handshakes.serverHelloX509(
          HandshakeArgs.of(
                  session,
                  LinkKeyring.NAME,
                  LinkKeyring.policy(new ClientAuth(ClientAuth.Mode.REQUIRED, List.of())),
                  HANDSHAKE_MS_MAX,
                  outcome -> {
                    if (outcome instanceof HandshakeOutcome.Established established) {
                      established.postHandshake().close();
                      accepted.add(begin(session));
                      accepted.getLast().send(status);
                    }
                  })
              .withConsumer(LinkKeyring.NAME));
    }

    private FrameSocket begin(KtlsSocket session) {
      FrameSocket[] made = new FrameSocket[1];
      FrameSocket frames =
          new FrameSocket(
              session,
              new FrameSocket.Handler() {
                @Override
                public void received(LinkFrame frame) {
                  behaviour.received(made[0], frame);
                }

                @Override
                public void ended(String why) {
                  accepted.remove(made[0]);
                  dialed.remove(made[0]);
                  ends.add(why);
                }
              });
      made[0] = frames;
      frames.send(new LinkFrame.Hello(LinkFrame.PROTOCOL, name));
      frames.start();
      return frames;
    }
  }

  String name() {
    return name;
  }

  HostPort address() {
    return new HostPort("127.0.0.1", side.port);
  }

  /// Why its sessions ended, in order.
  BlockingQueue<String> ends() {
    return ends;
  }

  /// From now on it offers these keyrings.
  void offer(LinkFrame.Offer... offers) {
    on(() -> {
      status = new LinkFrame.Status(0, 0, List.of(offers));
      accepted.forEach(socket -> socket.send(status));
    });
  }

  /// Ends the sessions that others have made with it.
  void endAll() {
    on(() -> List.copyOf(accepted).forEach(socket -> socket.end("the test ends it")));
  }

  /// A session with another member, in which this one asks. Its frames go to the behaviour, as all.
  FrameSocket dial(LinkedMember other) throws Exception {
    CompletableFuture<FrameSocket> socket = new CompletableFuture<>();
    LinkDialer dialer = dialer((_, _) -> {});
    on(() ->
        dialer.dial(
            other.name(),
            other.links().address(),
            session -> {
              dialed.add(side.begin(session));
              socket.complete(dialed.getLast());
            },
            why -> socket.completeExceptionally(new AssertionError(why))));
    return socket.get(20, TimeUnit.SECONDS);
  }

  /// What makes its links, on its event loop.
  LinkDialer dialer(LinkDialer.StatusListener listener) {
    return new LinkDialer(
        vertx, side.ours.nettyEventLoop(), side.engine, side.handshakes, name, listener);
  }

  /// Does something on its event loop, and waits for that.
  void on(Runnable task) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    side.ours
        .nettyEventLoop()
        .execute(() -> {
          task.run();
          done.complete(null);
        });
    done.orTimeout(20, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    endAll();
    on(() -> List.copyOf(dialed).forEach(socket -> socket.end("the test ends it")));
    LinkedMember.await(vertx.close());
    linkKeys.close();
  }
}
