package io.sallyport.proxy.upstream;

import io.sallyport.config.BackendTlsConfig;
import io.sallyport.config.VerifyConfig;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.balance.Server;
import io.sallyport.proxy.tls.Explanation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The search of one connection for a server: connects to the one whose turn it is and, where the
/// backend speaks TLS, has the agent do a handshake with it. A server with which either fails is
/// passed over for the next, up to three of them.
///
/// Each server has the backend's connect timeout for both together: what connecting took is not
/// there for the handshake. No data goes to a server that was to be verified and was not. Runs
/// once. Owned by the connection's event loop.
public final class UpstreamSearch {
  /// Servers tried for one connection before it is given up.
  private static final int MAX_ATTEMPTS = 3;

  private static final long MILLI_NANOS = 1_000_000;

  private final UpstreamConnector connector;
  private final Backend backend;
  private final Set<Server> failed = new HashSet<>();

  /// The handshake that is under way, and its socket.
  private @Nullable Promise<Upstream> handshake;

  private @Nullable KtlsSocket shaking;

  private boolean cancelled;

  UpstreamSearch(UpstreamConnector connector, Backend backend) {
    this.connector = connector;
    this.backend = backend;
  }

  /// The server that was found, with a socket ready for data. Fails with [NoServerException] when
  /// there is none, or after [#cancel()].
  public Future<Upstream> run() {
    return tryNext();
  }

  private Future<Upstream> tryNext() {
    Server server = backend.next(failed);
    long deadlineNanos = System.nanoTime() + backend.connectTimeout().toNanos();
    return connector
        .connect(backend, server)
        .compose(this::requireWanted)
        .compose(socket -> requestHandshake(socket, server, deadlineNanos))
        .recover(cause -> passOver(server, cause));
  }

  /// Gives up: what was connected is reset, and no other server is tried.
  public void cancel() {
    cancelled = true;
    if (shaking != null && handshake != null) {
      connector.cancelHandshake(shaking);
      shaking.reset();
      handshake.tryFail(new HandshakeFailedException("cancelled"));
    }
  }

  private Future<Upstream> passOver(Server server, Throwable cause) {
    failed.add(server);
    return !cancelled && failed.size() < Math.min(MAX_ATTEMPTS, backend.size())
        ? tryNext()
        : Future.failedFuture(new NoServerException(backend, server, cause));
  }

  private Future<KtlsSocket> requireWanted(KtlsSocket socket) {
    if (cancelled) {
      socket.reset();
      return Future.failedFuture(new HandshakeFailedException("cancelled"));
    }
    return Future.succeededFuture(socket);
  }

  /// Completes on `done(status, peerid)`, with keys installed; at once where there is no TLS.
  private Future<Upstream> requestHandshake(KtlsSocket socket, Server server, long deadlineNanos) {
    return switch (backend.tls()) {
      case BackendTlsConfig.Off() ->
          Future.succeededFuture(new Upstream(server, socket, PostHandshake.NONE));
      case BackendTlsConfig.On tls -> requestHandshake(socket, tls, server, deadlineNanos);
    };
  }

  private Future<Upstream> requestHandshake(
      KtlsSocket socket, BackendTlsConfig.On tls, Server server, long deadlineNanos) {
    Promise<Upstream> done = Promise.promise();
    HandshakeSubmit submitted =
        connector.requestHandshake(
            socket,
            backend,
            tls,
            server,
            millisUntil(deadlineNanos),
            outcome -> onDone(done, server, socket, tls, outcome));
    if (submitted != HandshakeSubmit.ACCEPTED) {
      socket.reset();
      done.fail(new HandshakeFailedException("not accepted by an agent: " + submitted));
    } else {
      handshake = done;
      shaking = socket;
    }
    return done.future();
  }

  /// At least 1: to the agent, 0 means its own default.
  private static int millisUntil(long deadlineNanos) {
    return Math.toIntExact(Math.max(1, (deadlineNanos - System.nanoTime()) / MILLI_NANOS));
  }

  private void onDone(
      Promise<Upstream> done,
      Server server,
      KtlsSocket socket,
      BackendTlsConfig.On tls,
      HandshakeOutcome outcome) {
    shaking = null;
    switch (outcome) {
      case HandshakeOutcome.Established established -> {
        Upstream upstream = new Upstream(server, socket, established.postHandshake());
        if (tls.verify() == VerifyConfig.REQUIRED && established.peerid().isNone()) {
          // No agent should answer so. Whoever the server is, it gets no data.
          upstream.reset();
          done.fail(new HandshakeFailedException("the server was not verified"));
        } else {
          done.complete(upstream);
        }
      }
      case HandshakeOutcome.Failed failure -> {
        connector.dismiss(socket);
        done.fail(new HandshakeFailedException(Explanation.of(failure)));
      }
    }
  }
}
