package io.sallyport.link;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.sallyport.config.HostPort;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// The answering side: accepts the sessions of other members, on one event loop. A peer without a
/// certificate of the cluster's authority gets no further than its handshake.
///
/// Bounded by [#SHAKING_MAX] handshakes, [#SHAKING_OF_ONE_MAX] of them from one address: the one
/// that began first gives way to the next, since a member's is over in a moment and a stranger's
/// may never be. By [#LINKS_MAX] links after that, one for each member: its new one takes the place
/// of the other.
final class LinkServer implements AskedLink.Owner {
  private static final Logger LOG = System.getLogger("sallyport.link");
  private static final int HANDSHAKE_MS_MAX = 2_000;
  private static final long REFUSAL_LINE_NANOS = 1_000_000_000;

  /// Sockets whose handshake is under way.
  static final int SHAKING_MAX = 256;

  /// Those of one address, behind which there may be several members.
  static final int SHAKING_OF_ONE_MAX = 16;

  static final int LINKS_MAX = 1024;

  private final RecordEngine engine;
  private final EventLoop loop;
  private final HandshakeAgent handshakes;
  private final KeyringStore linkKeys;
  private final AnsweringService service;
  private final NetServer server;
  private final Set<AskedLink> links = new HashSet<>();
  private final Map<String, AskedLink> byMember = new HashMap<>();

  /// The addresses of those whose handshake is under way, the first one first.
  private final Map<KtlsSocket, String> shaking = new LinkedHashMap<>();

  private long refusedNanos = System.nanoTime() - REFUSAL_LINE_NANOS;

  /// @param linkKeys where the agent of `handshakes` remembers who its peers are
  LinkServer(
      Vertx vertx,
      EventLoop loop,
      RecordEngine engine,
      HandshakeAgent handshakes,
      KeyringStore linkKeys,
      AnsweringService service) {
    this.engine = engine;
    this.loop = loop;
    this.handshakes = handshakes;
    this.linkKeys = linkKeys;
    this.service = service;
    server =
        vertx
            .createNetServer(new NetServerOptions().setTcpNoDelay(true).setTcpKeepAlive(true))
            .connectHandler(this::accept);
  }

  /// Binds the address; gives it with the port that was bound.
  Future<HostPort> listen(HostPort bind) {
    return server
        .listen(bind.port(), bind.host())
        .map(bound -> new HostPort(bind.host(), bound.actualPort()));
  }

  private void accept(NetSocket accepted) {
    NetSocketInternal internal = (NetSocketInternal) accepted;
    KtlsSocket socket =
        KtlsHandler.install((SocketChannel) internal.channelHandlerContext().channel(), engine);
    makeRoom(accepted.remoteAddress().hostAddress());
    String peer = accepted.remoteAddress().toString();
    HandshakeSubmit submitted =
        handshakes.serverHelloX509(
            HandshakeArgs.of(
                    socket,
                    LinkKeyring.NAME,
                    LinkKeyring.policy(new ClientAuth(ClientAuth.Mode.REQUIRED, List.of())),
                    HANDSHAKE_MS_MAX,
                    outcome -> done(outcome, socket, peer))
                .withConsumer(LinkKeyring.NAME));
    if (submitted == HandshakeSubmit.ACCEPTED) {
      shaking.put(socket, accepted.remoteAddress().hostAddress());
    } else {
      socket.reset();
    }
  }

  private void makeRoom(String address) {
    if (Collections.frequency(shaking.values(), address) >= SHAKING_OF_ONE_MAX) {
      giveUp(address::equals);
    } else if (shaking.size() >= SHAKING_MAX) {
      giveUp(_ -> true);
    }
  }

  /// Gives up the handshake that began first among those of such an address.
  private void giveUp(Predicate<String> isMeant) {
    for (Map.Entry<KtlsSocket, String> entry : shaking.entrySet()) {
      if (isMeant.test(entry.getValue())) {
        KtlsSocket socket = entry.getKey();
        refused(entry.getValue(), "too many handshakes are under way");
        shaking.remove(socket);
        handshakes.cancel(socket);
        socket.reset();
        return;
      }
    }
  }

  private void done(HandshakeOutcome outcome, KtlsSocket socket, String peer) {
    shaking.remove(socket);
    switch (outcome) {
      case HandshakeOutcome.Established established -> {
        established.postHandshake().close();
        Optional<PeerIdentity> identity = linkKeys.peer(established.peerid());
        if (links.size() >= LINKS_MAX) {
          refused(peer, "there are " + LINKS_MAX + " links");
          socket.reset();
        } else if (identity.isPresent()) {
          AskedLink link = new AskedLink(service, loop, socket, identity.get(), peer, this);
          links.add(link);
          link.start();
        } else {
          socket.reset();
        }
      }
      case HandshakeOutcome.Failed failed -> {
        refused(peer, failed.detail());
        socket.close();
      }
    }
  }

  @Override
  public void named(AskedLink link, String member) {
    AskedLink before = byMember.put(member, link);
    if (before != null) {
      before.end("the member has made a new one");
    }
  }

  @Override
  public void ended(AskedLink link) {
    links.remove(link);
    byMember.values().remove(link);
  }

  /// A line a second at most: whoever reaches the port can have as many refusals as it likes.
  private void refused(String peer, String why) {
    long now = System.nanoTime();
    if (now - refusedNanos >= REFUSAL_LINE_NANOS) {
      refusedNanos = now;
      LOG.log(Level.WARNING, "link from " + peer + " refused: " + why);
    }
  }

  /// Called twice a second.
  void tick() {
    List.copyOf(links).forEach(AskedLink::tick);
  }

  /// Ends every session and accepts no more.
  Future<Void> close() {
    List.copyOf(links).forEach(link -> link.end("the member stops"));
    return server.close();
  }
}
