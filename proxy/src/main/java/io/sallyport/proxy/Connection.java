package io.sallyport.proxy;

import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.Session;
import io.sallyport.ktls.Alert;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.proxy.balance.Backend;
import io.sallyport.proxy.relay.Relay;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.tls.Explanation;
import io.sallyport.proxy.tls.Linger;
import io.sallyport.proxy.upstream.Upstream;
import io.sallyport.proxy.upstream.UpstreamSearch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/// Carries one downstream connection from accept to close.
///
/// Every step is bounded in time: the handshake and the connect by their timeouts, the relay by the
/// idle and half-closed timeouts, the goodbye by [Linger]. Owned by the event loop that accepted
/// it; not thread-safe.
final class Connection {
  private static final System.Logger LOG = System.getLogger("sallyport.connection");

  // Alert descriptions of RFC 9846 §6 for what ends a session before data flows.
  private static final int INTERNAL_ERROR = 80;
  private static final int UNRECOGNIZED_NAME = 112;

  private final ConnectionContext context;
  private final KtlsSocket downstream;
  private final String peer;

  /// Ends the step that is under way, for [#stop()].
  private Promise<?> step = Promise.promise();

  /// Until it has found a server.
  private @Nullable UpstreamSearch search;

  private @Nullable Upstream upstream;
  private @Nullable Relay relay;
  private boolean closing;
  private String detail = "";

  /// @param context what all connections of the listener on this event loop share
  /// @param downstream the accepted socket; the connection closes it
  /// @param peer the client's address, for log lines
  Connection(ConnectionContext context, KtlsSocket downstream, String peer) {
    this.context = context;
    this.downstream = downstream;
    this.peer = peer;
  }

  /// The whole path. Completes when the connection has ended and both sockets are gone. A failure
  /// is a defect, and leaves the sockets to [#reset()].
  Future<CloseReason> run() {
    return requestHandshake() // completes on done(status, peerid); keys are installed
        .compose(this::chooseBackend)
        .compose(this::connectAndRelay)
        .otherwise(this::reasonOf)
        .compose(this::close);
  }

  /// Ends the connection now, wherever it is on its path.
  void stop() {
    if (closing) {
      reset();
    } else if (relay != null) {
      relay.stop(CloseReason.DRAINED);
    } else {
      context.cancelHandshake(downstream);
      step.tryFail(new ClosedException(CloseReason.DRAINED, ""));
      if (search != null) {
        search.cancel();
      }
    }
  }

  /// Drops both sockets without a word.
  void reset() {
    downstream.reset();
    if (upstream != null) {
      upstream.reset();
    }
  }

  /// The client's address.
  String peer() {
    return peer;
  }

  /// More than the reason says about why it ended, or empty.
  String detail() {
    return detail;
  }

  /// Bytes of data carried from client to server.
  long bytesUp() {
    return relay == null ? 0 : relay.bytesUp();
  }

  /// Bytes of data carried from server to client.
  long bytesDown() {
    return relay == null ? 0 : relay.bytesDown();
  }

  private Future<Session> requestHandshake() {
    Promise<Session> handshake = Promise.promise();
    step = handshake;
    HandshakeSubmit submitted =
        context.requestHandshake(downstream, outcome -> onDone(handshake, outcome));
    if (submitted != HandshakeSubmit.ACCEPTED) {
      handshake.fail(new ClosedException(CloseReason.HANDSHAKE_QUEUE, submitted.toString()));
    }
    return handshake.future();
  }

  private void onDone(Promise<Session> handshake, HandshakeOutcome outcome) {
    switch (outcome) {
      case HandshakeOutcome.Established established -> {
        if (context.admits(established)) {
          handshake.complete(established.session());
        } else {
          handshake.fail(new ClosedException(CloseReason.HANDSHAKE, "client was not verified"));
        }
      }
      case HandshakeOutcome.Failed failed ->
          handshake.fail(
              new ClosedException(
                  failed.status() == HandshakeStatus.ETIMEDOUT
                      ? CloseReason.HANDSHAKE_UNFINISHED
                      : CloseReason.HANDSHAKE,
                  Explanation.of(failed)));
    }
  }

  private Future<Backend> chooseBackend(Session session) {
    return context
        .backendFor(session)
        .map(Future::succeededFuture)
        .orElseGet(
            () -> Future.failedFuture(new ClosedException(CloseReason.NO_ROUTE, asked(session))));
  }

  private static String asked(Session session) {
    return session.sni() == null ? "no server name asked for" : "server name " + session.sni();
  }

  private Future<CloseReason> connectAndRelay(Backend backend) {
    return connectUpstream(backend).compose(connected -> relay(backend, connected));
  }

  /// Completes when the server is ready for data: connected and, where the backend speaks TLS, on
  /// the `done` of its handshake.
  private Future<Upstream> connectUpstream(Backend backend) {
    Promise<Upstream> connect = Promise.promise();
    step = connect;
    search = context.connector().searchIn(backend);
    search
        .run()
        .onComplete(
            connected -> {
              if (!connect.tryComplete(connected)) {
                connected.reset();
              }
            },
            cause ->
                connect.tryFail(
                    new ClosedException(
                        CloseReason.NO_SERVER, String.valueOf(cause.getMessage()))));
    return connect.future();
  }

  private Future<CloseReason> relay(Backend backend, Upstream connected) {
    search = null;
    upstream = connected;
    Relay both =
        new Relay(downstream, connected.socket(), connected.postHandshake(), context.coalescing());
    relay = both;
    IdleTimer idle = new IdleTimer(context.loop(), context.listener().timeout(), backend, both);
    idle.start();
    return both.run()
        .onComplete(_ -> idle.stop())
        .onSuccess(reason -> detail = explained(reason, connected, both.detail()));
  }

  /// For the operator: which server it was, and what else is known.
  private static String explained(CloseReason reason, Upstream upstream, String detail) {
    if (!reason.isByServer()) {
      return detail;
    }
    return "server " + upstream.server() + (detail.isEmpty() ? "" : ": " + detail);
  }

  private CloseReason reasonOf(Throwable cause) {
    if (cause instanceof ClosedException closed) {
      detail = closed.detail();
      return closed.reason();
    }
    LOG.log(Level.ERROR, "connection from " + peer + " failed", cause);
    return CloseReason.INTERNAL;
  }

  /// Closes both sockets in the way that tells each peer what it may know, and waits until both are
  /// gone.
  private Future<CloseReason> close(CloseReason reason) {
    closing = true;
    if (upstream != null) {
      upstream.postHandshake().close();
      closeUpstream(upstream.socket(), reason);
    }
    return sayGoodbye(reason)
        .onComplete(_ -> closeDownstream(reason))
        .compose(_ -> gone(downstream))
        .compose(_ -> upstream == null ? Future.succeededFuture() : gone(upstream.socket()))
        .map(reason);
  }

  /// A server whose client broke off sees a reset: the request may lack its end.
  private void closeUpstream(KtlsSocket upstream, CloseReason reason) {
    switch (reason) {
      case COMPLETE -> upstream.close();
      // The alert was sent where the fault was found.
      case UPSTREAM_BAD_RECORD,
          UPSTREAM_UNEXPECTED_MESSAGE,
          UPSTREAM_KEY_UPDATE,
          UPSTREAM_KEY_LIMIT ->
          Linger.on(upstream, context.loop()).onComplete(_ -> upstream.close());
      default -> upstream.reset();
    }
  }

  private Future<Void> sayGoodbye(CloseReason reason) {
    return switch (reason) {
      case NO_ROUTE -> refuse(UNRECOGNIZED_NAME);
      // Clients take a missing close_notify for an end as often as not, so a reset is said aloud.
      case NO_SERVER,
          UPSTREAM_RESET,
          UPSTREAM_TRUNCATED,
          UPSTREAM_ALERTED,
          UPSTREAM_BAD_RECORD,
          UPSTREAM_UNEXPECTED_MESSAGE,
          UPSTREAM_KEY_UPDATE,
          UPSTREAM_KEY_LIMIT,
          INTERNAL ->
          refuse(INTERNAL_ERROR);
      // The alert was sent where the fault was found.
      case HANDSHAKE, BAD_RECORD, UNEXPECTED_MESSAGE, KEY_UPDATE, KEY_LIMIT ->
          Linger.on(downstream, context.loop());
      case COMPLETE,
          LIMIT,
          HANDSHAKE_UNFINISHED,
          HANDSHAKE_QUEUE,
          TRUNCATED,
          DOWNSTREAM_RESET,
          ALERTED,
          IDLE,
          HALF_CLOSED,
          DRAINED ->
          Future.succeededFuture();
    };
  }

  private Future<Void> refuse(int alertDescription) {
    downstream.sendAlert(Alert.fatal(alertDescription));
    return Linger.on(downstream, context.loop());
  }

  private void closeDownstream(CloseReason reason) {
    boolean timeIsOver =
        reason == CloseReason.IDLE
            || reason == CloseReason.HALF_CLOSED
            || reason == CloseReason.DRAINED;
    if (timeIsOver && downstream.unsent() > 0) {
      downstream.reset();
    } else {
      downstream.close();
    }
  }

  private static Future<Void> gone(KtlsSocket socket) {
    Promise<Void> gone = Promise.promise();
    socket.whenGone(gone::tryComplete);
    return gone.future();
  }
}
