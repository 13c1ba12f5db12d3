package io.sallyport.proxy.admin;

import io.sallyport.config.HostPort;
import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.KeyUpdateStat;
import io.sallyport.ktls.TlsStat;
import io.sallyport.proxy.listen.BindException;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.stat.ConnectionStat;
import io.sallyport.proxy.stat.HandshakeStat;
import io.sallyport.proxy.stat.Statistics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// The admin address: `GET /tls_stat` answers the kernel's counters in the kernel's format, `GET
/// /stats` everything as JSON, `GET /healthz` that the process serves.
///
/// In a member of a cluster, also `POST /keys/OPERATION`, which needs the member's [AdminToken];
/// all else is for reading only. Only on loopback, which the configuration makes sure of. A request
/// whose Host names anything else comes from a browser that was lured here, and is refused.
public final class AdminServer {
  /// Longer than what is done with keyrings takes.
  private static final int IDLE_TIMEOUT_SECONDS = 60;

  private static final int MAX_HEADER_BYTES = 8 * 1024;

  private final HttpServer server;
  private final HostPort address;
  private final Supplier<Future<Statistics>> statistics;
  private final Optional<KeysHandler> keys;

  /// @param keys empty: this member is in no cluster
  public AdminServer(
      Vertx vertx,
      HostPort address,
      Supplier<Future<Statistics>> statistics,
      Optional<KeysHandler> keys) {
    this.address = address;
    this.statistics = statistics;
    this.keys = keys;
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setIdleTimeout(IDLE_TIMEOUT_SECONDS)
                    .setMaxHeaderSize(MAX_HEADER_BYTES)
                    .setHttp2ClearTextEnabled(false))
            .requestHandler(this::answer);
  }

  /// Binds the address; gives it with the port that was bound when the configured one is 0.
  public Future<HostPort> listen() {
    return server
        .listen(address.port(), address.host())
        .map(bound -> new HostPort(address.host(), bound.actualPort()))
        .recover(cause -> Future.failedFuture(new BindException("admin", address, cause)));
  }

  private void answer(HttpServerRequest request) {
    String path = String.valueOf(request.path());
    if (!isForLoopback(request)) {
      request.response().setStatusCode(403).end("Host must be a loopback address\n");
    } else if (keys.isPresent() && path.startsWith(KeysHandler.PATH)) {
      keys.get().handle(request, path.substring(KeysHandler.PATH.length()));
    } else if (!request.method().equals(HttpMethod.GET)) {
      request.response().setStatusCode(405).putHeader("Allow", "GET").end("only GET\n");
    } else {
      switch (path) {
        case "/tls_stat" -> answer(request, "text/plain", it -> it.tls().format());
        case "/stats" ->
            answer(request, "application/json", it -> json(it).encodePrettily() + "\n");
        case "/healthz" -> request.response().end("ok\n");
        default -> request.response().setStatusCode(404).end("try /tls_stat, /stats or /healthz\n");
      }
    }
  }

  private static boolean isForLoopback(HttpServerRequest request) {
    try {
      return request.authority() != null
          && new HostPort(request.authority().host(), 0).isLoopback();
    } catch (IllegalArgumentException _) {
      // Not a host at all.
      return false;
    }
  }

  private void answer(
      HttpServerRequest request, String contentType, Function<Statistics, String> format) {
    statistics
        .get()
        .onSuccess(
            it -> request.response().putHeader("Content-Type", contentType).end(format.apply(it)))
        .onFailure(_ -> request.response().setStatusCode(500).end("statistics failed\n"));
  }

  private static JsonObject json(Statistics statistics) {
    JsonObject tls = new JsonObject();
    for (TlsStat.Counter counter : TlsStat.Counter.values()) {
      tls.put(counter.toString(), statistics.tls().value(counter));
    }
    JsonObject keyUpdates = new JsonObject();
    for (KeyUpdateStat.Counter counter : KeyUpdateStat.Counter.values()) {
      keyUpdates.put(counter.label(), statistics.keyUpdates().value(counter));
    }
    ConnectionStat stat = statistics.connections();
    JsonObject closed = new JsonObject();
    for (CloseReason reason : CloseReason.values()) {
      closed.put(reason.label(), stat.closed(reason));
    }
    return new JsonObject()
        .put("tls", tls)
        .put("key_updates", keyUpdates)
        .put("handshakes", json(statistics.handshakes()))
        .put("upstream_handshakes", json(statistics.upstreamHandshakes()))
        .put(
            "connections",
            new JsonObject()
                .put("open", stat.open())
                .put("opened", stat.opened())
                .put("bytes_up", stat.bytesUp())
                .put("bytes_down", stat.bytesDown())
                .put("closed", closed));
  }

  private static JsonObject json(HandshakeStat handshakes) {
    JsonObject failed = new JsonObject();
    for (FailureReason reason : FailureReason.values()) {
      failed.put(reason.toString(), handshakes.failed(reason));
    }
    return new JsonObject().put("established", handshakes.established()).put("failed", failed);
  }
}
