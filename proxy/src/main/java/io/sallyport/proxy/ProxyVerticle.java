package io.sallyport.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.sallyport.config.BackendConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.ListenerConfig;
import io.sallyport.config.ProxyConfig;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.listen.BoundAddress;
import io.sallyport.proxy.listen.ConnectionLimit;
import io.sallyport.proxy.listen.Listener;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.stat.ConnectionStat;
import io.sallyport.proxy.stat.HandshakeStat;
import io.sallyport.proxy.stat.Statistics;
import io.sallyport.proxy.transport.TcpSockets;
import io.sallyport.proxy.upstream.UpstreamConnector;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/// The proxy on one event loop: its share of every listener, its connections, its record engine.
///
/// Everything here is confined to that loop. [#statistics], [#addresses] and [#drain] may be called
/// from elsewhere and cross over by themselves.
public final class ProxyVerticle extends VerticleBase {
  /// What all the event loops of a process share: nothing of it changes but the limits' counts.
  ///
  /// @param addresses by listener name
  /// @param limits by listener name
  public record Shared(
      ProxyConfig config,
      AeadBackend backend,
      ByteBufAllocator allocator,
      HandshakeService handshakes,
      TcpSockets sockets,
      Map<String, BoundAddress> addresses,
      Map<String, ConnectionLimit> limits) {
    /// What belongs to `config` on the event loops of `vertx`.
    public static Shared of(
        Vertx vertx,
        ProxyConfig config,
        AeadBackend backend,
        ByteBufAllocator allocator,
        HandshakeService handshakes) {
      TcpSockets sockets = new TcpSockets(vertx, allocator);
      Map<String, BoundAddress> addresses = new HashMap<>();
      Map<String, ConnectionLimit> limits = new HashMap<>();
      for (ListenerConfig listener : config.listeners()) {
        addresses.put(listener.name(), new BoundAddress(sockets, listener));
        limits.put(listener.name(), new ConnectionLimit(listener.maxconn()));
      }
      return new Shared(config, backend, allocator, handshakes, sockets, addresses, limits);
    }

    BoundAddress address(ListenerConfig listener) {
      return Objects.requireNonNull(addresses.get(listener.name()));
    }

    ConnectionLimit limit(ListenerConfig listener) {
      return Objects.requireNonNull(limits.get(listener.name()));
    }
  }

  private static final System.Logger LOG = System.getLogger("sallyport.connection");

  private final Shared shared;
  private final RecordEngine engine;
  private final ConnectionStat stat = new ConnectionStat();
  private final HandshakeStat handshakeStat = new HandshakeStat();
  private final HandshakeStat upstreamHandshakeStat = new HandshakeStat();
  private final ConnectionLog log = new ConnectionLog();
  private final Set<Connection> connections = new HashSet<>();
  private final List<Listener> listeners = new ArrayList<>();
  private final Map<String, HostPort> addresses = new HashMap<>();

  public ProxyVerticle(Shared shared) {
    this.shared = shared;
    engine = new RecordEngine(shared.allocator(), shared.backend());
  }

  /// Binds every listener. Fails with the first address that cannot be bound.
  @Override
  public Future<?> start() {
    EventLoop loop = ((ContextInternal) context).nettyEventLoop();
    HandshakeAgent handshakes = new HandshakeAgent(loop, shared.handshakes());
    UpstreamConnector connector =
        new UpstreamConnector(loop, shared.sockets(), engine, handshakes, upstreamHandshakeStat);
    Map<String, Backend> backends = new HashMap<>();
    for (BackendConfig backend : shared.config().backends()) {
      backends.put(backend.name(), new Backend(backend));
    }
    List<Future<?>> bound = new ArrayList<>();
    for (ListenerConfig config : shared.config().listeners()) {
      ConnectionContext connectionContext =
          new ConnectionContext(
              loop,
              config,
              backends,
              handshakes,
              handshakeStat,
              connector,
              shared.limit(config),
              shared.sockets().coalescing(loop));
      Listener listener =
          new Listener(
              loop,
              shared.address(config),
              engine,
              (socket, peer) -> accept(connectionContext, socket, peer));
      listeners.add(listener);
      bound.add(listener.listen().onSuccess(address -> put(config.name(), address)));
    }
    return Future.all(bound);
  }

  /// The address may have been bound by another event loop.
  private void put(String listener, HostPort address) {
    context.runOnContext(_ -> addresses.put(listener, address));
  }

  private void accept(ConnectionContext context, KtlsSocket downstream, String peer) {
    if (!context.limit().tryAcquire()) {
      downstream.reset();
      stat.countRefused(CloseReason.LIMIT);
      log.ended(context.listener().name(), peer, CloseReason.LIMIT, "");
      return;
    }
    Connection connection = new Connection(context, downstream, peer);
    connections.add(connection);
    stat.countOpened();
    connection
        .run()
        .onSuccess(reason -> ended(context, connection, reason))
        .onFailure(defect -> {
          LOG.log(Level.ERROR, "connection from " + peer + " failed", defect);
          connection.reset();
          ended(context, connection, CloseReason.INTERNAL);
        });
  }

  private void ended(ConnectionContext context, Connection connection, CloseReason reason) {
    connections.remove(connection);
    context.limit().release();
    stat.countClosed(reason, connection.bytesUp(), connection.bytesDown());
    log.ended(context.listener().name(), connection.peer(), reason, connection.detail());
  }

  /// The address of each listener by its name, as bound.
  public Future<Map<String, HostPort>> addresses() {
    return here(() -> Map.copyOf(addresses));
  }

  /// What this event loop has counted so far.
  public Future<Statistics> statistics() {
    return here(() ->
        new Statistics(
            engine.stat().snapshot(),
            engine.keyUpdateStat().snapshot(),
            handshakeStat.snapshot(),
            upstreamHandshakeStat.snapshot(),
            stat.snapshot()));
  }

  /// Stops accepting and lets the connections finish; those that have not by `timeout` are closed.
  public Future<Void> drain(Duration timeout) {
    return here(
            () -> {
              long timer = vertx.setTimer(Math.max(1, timeout.toMillis()), _ -> stopConnections());
              // The listeners wait a little longer, so that the connections end by themselves.
              return Future.all(
                      listeners.stream()
                          .map(listener -> listener.shutdown(timeout.plusSeconds(1)))
                          .toList())
                  .onComplete(_ -> vertx.cancelTimer(timer));
            })
        .compose(shutdown -> shutdown)
        .mapEmpty();
  }

  private void stopConnections() {
    List.copyOf(connections).forEach(Connection::stop);
  }

  private <T> Future<T> here(Supplier<T> question) {
    Promise<T> answer = Promise.promise();
    context.runOnContext(_ -> {
      try {
        answer.complete(question.get());
      } catch (RuntimeException e) {
        answer.fail(e);
      }
    });
    return answer.future();
  }
}
