package io.sallyport.proxy;

import io.netty.channel.EventLoop;
import io.sallyport.config.ListenerConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeDone;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.listen.ConnectionLimit;
import io.sallyport.proxy.route.RouteTable;
import io.sallyport.proxy.stat.HandshakeStat;
import io.sallyport.proxy.tls.TlsPolicies;
import io.sallyport.proxy.transport.ReadCoalescing;
import io.sallyport.proxy.upstream.UpstreamConnector;
import java.util.Map;
import java.util.Optional;

/// What the connections of one listener share on one event loop. Owned by it.
final class ConnectionContext {
  private final EventLoop loop;
  private final ListenerConfig listener;
  private final RouteTable routes;
  private final Map<String, Backend> backends;
  private final HandshakeAgent handshakes;
  private final HandshakeStat handshakeStat;
  private final TlsPolicy policy;
  private final UpstreamConnector connector;
  private final ConnectionLimit limit;
  private final ReadCoalescing coalescing;

  /// @param backends by name, all that the configuration has
  ConnectionContext(
      EventLoop loop,
      ListenerConfig listener,
      Map<String, Backend> backends,
      HandshakeAgent handshakes,
      HandshakeStat handshakeStat,
      UpstreamConnector connector,
      ConnectionLimit limit,
      ReadCoalescing coalescing) {
    this.loop = loop;
    this.listener = listener;
    this.routes = new RouteTable(listener);
    this.backends = backends;
    this.handshakes = handshakes;
    this.handshakeStat = handshakeStat;
    this.policy = TlsPolicies.of(listener.tls());
    this.connector = connector;
    this.limit = limit;
    this.coalescing = coalescing;
  }

  EventLoop loop() {
    return loop;
  }

  ListenerConfig listener() {
    return listener;
  }

  /// Shared with the other event loops.
  ConnectionLimit limit() {
    return limit;
  }

  ReadCoalescing coalescing() {
    return coalescing;
  }

  UpstreamConnector connector() {
    return connector;
  }

  /// Asks the agent for a session on `socket`, as the listener's `tls` demands.
  HandshakeSubmit requestHandshake(KtlsSocket socket, HandshakeDone done) {
    return handshakes.serverHelloX509(
        HandshakeArgs.of(
                socket,
                listener.tls().keyring(),
                policy,
                Math.toIntExact(listener.timeout().clientHs().toMillis()),
                outcome -> {
                  handshakeStat.count(outcome);
                  done.done(outcome);
                })
            .withConsumer(listener.name()));
  }

  /// Makes sure that no `done` comes for `socket` any more.
  void cancelHandshake(KtlsSocket socket) {
    handshakes.cancel(socket);
  }

  /// Whether the peer of a session may go on: no agent should let a client pass without the
  /// certificate that the listener requires.
  boolean admits(HandshakeOutcome.Established established) {
    return policy.clientAuth().mode() != ClientAuth.Mode.REQUIRED || !established.peerid().isNone();
  }

  /// Where the listener's routes send this session; empty when it is refused.
  Optional<Backend> backendFor(Session session) {
    return routes.backendFor(session.sni()).map(backends::get);
  }
}
