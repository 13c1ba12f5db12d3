package io.sallyport.link;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.HostPort;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/// Makes the sessions of the asking side: connects, and has the agent verify that the other end is
/// the member it should be. Owned by one event loop, and every link it makes with it.
final class LinkDialer {
  /// Hears of every status that a member sends. On the event loop.
  interface StatusListener {
    void heard(MemberLink link, LinkFrame.Status status);
  }

  private static final int CONNECT_MS_MAX = 2_000;
  private static final int HANDSHAKE_MS_MAX = 3_000;
  private static final long MILLI_NANOS = 1_000_000;

  private final Vertx vertx;
  private final EventLoop loop;
  private final RecordEngine engine;
  private final HandshakeAgent handshakes;
  private final NetClient client;
  private final String ownName;
  private final StatusListener listener;

  /// @param handshakes whose agent holds the keyring [LinkKeyring#NAME]
  LinkDialer(
      Vertx vertx,
      EventLoop loop,
      RecordEngine engine,
      HandshakeAgent handshakes,
      String ownName,
      StatusListener listener) {
    this.vertx = vertx;
    this.loop = loop;
    this.engine = engine;
    this.handshakes = handshakes;
    this.ownName = ownName;
    this.listener = listener;
    client =
        vertx.createNetClient(
            new NetClientOptions()
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setConnectTimeout(CONNECT_MS_MAX));
  }

  String ownName() {
    return ownName;
  }

  long nowMs() {
    return System.nanoTime() / MILLI_NANOS;
  }

  void later(int delayMs, Runnable task) {
    vertx.setTimer(delayMs, _ -> task.run());
  }

  void statusOf(MemberLink link, LinkFrame.Status status) {
    listener.heard(link, status);
  }

  /// Runs a task on the event loop; false when that is gone. Any thread.
  boolean execute(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return true;
    }
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  /// Connects to a member, and gives the session or the reason why there is none.
  void dial(
      String member, HostPort address, Consumer<KtlsSocket> connected, Consumer<String> failed) {
    client
        .connect(new ConnectOptions().setHost(address.host()).setPort(address.port()))
        .onSuccess(socket -> shake(member, install(socket), connected, failed))
        .onFailure(cause -> failed.accept("cannot connect (" + cause.getMessage() + ")"));
  }

  private KtlsSocket install(NetSocket socket) {
    NetSocketInternal internal = (NetSocketInternal) socket;
    return KtlsHandler.install((SocketChannel) internal.channelHandlerContext().channel(), engine);
  }

  private void shake(
      String member, KtlsSocket socket, Consumer<KtlsSocket> connected, Consumer<String> failed) {
    HandshakeSubmit submitted =
        handshakes.clientHelloX509(
            new HandshakeArgs(
                socket,
                outcome -> done(outcome, socket, connected, failed),
                member,
                HANDSHAKE_MS_MAX,
                LinkKeyring.NAME,
                KeySerial.NONE,
                KeySerial.NONE,
                List.of(),
                LinkKeyring.policy(TlsPolicy.DEFAULT.clientAuth()),
                LinkKeyring.NAME));
    if (submitted != HandshakeSubmit.ACCEPTED) {
      socket.reset();
      failed.accept("no handshake (" + submitted + ")");
    }
  }

  private static void done(
      HandshakeOutcome outcome,
      KtlsSocket socket,
      Consumer<KtlsSocket> connected,
      Consumer<String> failed) {
    switch (outcome) {
      case HandshakeOutcome.Established established -> {
        established.postHandshake().close();
        connected.accept(socket);
      }
      case HandshakeOutcome.Failed failure -> {
        socket.close();
        failed.accept("handshake failed: " + failure.detail());
      }
    }
  }

  void close() {
    client.close();
  }
}
