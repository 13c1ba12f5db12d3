package io.sallyport.proxy.admin;

import io.sallyport.cluster.ClusterCount;
import io.sallyport.config.HostPort;
import io.sallyport.proxy.listen.BindException;
import io.sallyport.proxy.stat.MemberStatistics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// The admin address: `GET /tls_stat` answers the kernel's counters in the kernel's format, `GET
/// /stats` everything as JSON, `GET /cluster/tls_stat` and `GET /cluster/stats` the same of all
/// members of the cluster, `GET /healthz` that the process serves.
///
/// In a member of a cluster, also `POST /keys/OPERATION`, which needs the member's [AdminToken];
/// all else is for reading only. Only on loopback, which the configuration makes sure of. A request
/// whose Host names anything else comes from a browser that was lured here, and is refused.
public final class AdminServer {
  /// Names the members that did not answer, in an answer about all of them.
  public static final String SILENT_HEADER = "Sallyport-Silent";

  private static final String TEXT = "text/plain";
  private static final String JSON = "application/json";

  /// Longer than what is done with keyrings takes.
  private static final int IDLE_TIMEOUT_SECONDS = 60;

  private static final int MAX_HEADER_BYTES = 8 * 1024;

  private final HttpServer server;
  private final HostPort address;
  private final Supplier<Future<MemberStatistics>> statistics;
  private final Optional<Supplier<Future<ClusterCount>>> cluster;
  private final Optional<KeysHandler> keys;

  /// @param cluster empty where there is none
  /// @param keys empty as well
  public AdminServer(
      Vertx vertx,
      HostPort address,
      Supplier<Future<MemberStatistics>> statistics,
      Optional<Supplier<Future<ClusterCount>>> cluster,
      Optional<KeysHandler> keys) {
    this.address = address;
    this.statistics = statistics;
    this.cluster = cluster;
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
        case "/tls_stat" ->
            answer(request, statistics.get(), TEXT, it -> it.loops().tls().format());
        case "/stats" ->
            answer(request, statistics.get(), JSON, it -> StatisticsJson.of(it).encodePrettily());
        case "/cluster/tls_stat" -> answerOfCluster(request, TEXT, StatisticsJson::tlsStat);
        case "/cluster/stats" ->
            answerOfCluster(request, JSON, it -> StatisticsJson.of(it).encodePrettily());
        case "/healthz" -> request.response().end("ok\n");
        default ->
            request
                .response()
                .setStatusCode(404)
                .end("try /tls_stat, /stats, /cluster/tls_stat, /cluster/stats or /healthz\n");
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

  private void answerOfCluster(
      HttpServerRequest request, String contentType, Function<ClusterCount, String> format) {
    if (cluster.isEmpty()) {
      request.response().setStatusCode(404).end("no member of a cluster\n");
      return;
    }
    answer(
        request,
        cluster.get().get(),
        contentType,
        count -> {
          if (!count.silent().isEmpty()) {
            request.response().putHeader(SILENT_HEADER, String.join(", ", count.silent()));
          }
          return format.apply(count);
        });
  }

  private static <T> void answer(
      HttpServerRequest request,
      Future<T> counted,
      String contentType,
      Function<T, String> format) {
    counted
        .map(format)
        .onSuccess(body -> {
          String end = body.endsWith("\n") ? "" : "\n";
          request.response().putHeader("Content-Type", contentType).end(body + end);
        })
        .onFailure(_ -> request.response().setStatusCode(500).end("statistics failed\n"));
  }
}
