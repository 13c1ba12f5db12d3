package io.sallyport.proxy.admin;

import io.sallyport.cluster.KeyringOperations;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger.Level;
import java.util.Optional;

/// `POST /keys/OPERATION`: what operators ask about keyrings, or have done with them.
///
/// Takes a request from whoever has the member's [AdminToken], and never from a browser: one with
/// an Origin is refused before anything else, and the token and the content type are such that a
/// page cannot send them elsewhere without asking first, which is refused, too. No private key is
/// in a request or an answer.
///
/// Owned by the event loop of the admin server; the operations run on worker threads.
public final class KeysHandler {
  static final String PATH = "/keys/";

  private static final System.Logger LOG = System.getLogger("sallyport.keys");
  private static final int BODY_BYTES_MAX = 64 * 1024;
  private static final String JSON = "application/json";

  private final Vertx vertx;
  private final AdminToken token;
  private final KeysAdmin admin;

  public KeysHandler(Vertx vertx, AdminToken token, KeyringOperations operations) {
    this.vertx = vertx;
    this.token = token;
    admin = new KeysAdmin(operations);
  }

  /// The host was looked at already.
  void handle(HttpServerRequest request, String operation) {
    if (request.getHeader(HttpHeaders.ORIGIN) != null) {
      refuse(request, 403, "found an Origin, expected none: browsers have no business here");
    } else if (!token.isIn(request.getHeader(HttpHeaders.AUTHORIZATION))) {
      request.response().putHeader("WWW-Authenticate", "Bearer");
      refuse(
          request,
          401,
          "found no token of this member, expected the one in "
              + AdminToken.FILE
              + " in its data-dir");
    } else if (!request.method().equals(HttpMethod.POST)) {
      request.response().putHeader(HttpHeaders.ALLOW, "POST");
      refuse(request, 405, "found " + request.method() + ", expected POST");
    } else if (!JSON.equals(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      refuse(request, 415, "found another Content-Type, expected " + JSON);
    } else {
      readBody(request, operation);
    }
  }

  private void readBody(HttpServerRequest request, String operation) {
    Buffer body = Buffer.buffer();
    request.handler(chunk -> {
      if (body.length() + chunk.length() > BODY_BYTES_MAX) {
        request.handler(null).endHandler(null);
        refuse(request, 413, "found more than " + BODY_BYTES_MAX + " bytes, expected fewer");
      } else {
        body.appendBuffer(chunk);
      }
    });
    request.endHandler(_ -> run(request, operation, body));
  }

  private void run(HttpServerRequest request, String operation, Buffer body) {
    vertx
        .executeBlocking(() -> {
          Optional<KeysRequest> parsed =
              KeysRequest.parse(operation, new Arguments(new JsonObject(body)));
          return parsed.map(admin::run);
        })
        .onSuccess(outcome -> {
          if (outcome.isEmpty()) {
            refuse(request, 404, "found an unknown operation, expected one of \"sallyport keys\"");
          } else {
            answer(request, outcome.get());
          }
        })
        .onFailure(cause -> fail(request, cause));
  }

  private static void answer(HttpServerRequest request, KeysAdmin.Outcome outcome) {
    switch (outcome) {
      case KeysAdmin.Done(var lines, var warnings) ->
          respond(
              request,
              200,
              new JsonObject()
                  .put("lines", new JsonArray(lines))
                  .put("warnings", new JsonArray(warnings)));
      case KeysAdmin.Refused(String line) -> respond(request, 409, error(line));
    }
  }

  private static void fail(HttpServerRequest request, Throwable cause) {
    switch (cause) {
      case DecodeException _ -> refuse(request, 400, "found no JSON object, expected one");
      case IllegalArgumentException e ->
          respond(request, 400, error(String.valueOf(e.getMessage())));
      default -> {
        LOG.log(Level.ERROR, "an operation on keyrings failed", cause);
        respond(request, 500, error("the operation failed; the member's log says why"));
      }
    }
  }

  /// Answers without having read all of the request, so nothing can follow on its connection.
  private static void refuse(HttpServerRequest request, int status, String line) {
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    respond(request, status, error(line));
  }

  private static JsonObject error(String line) {
    return new JsonObject().put("error", line);
  }

  private static void respond(HttpServerRequest request, int status, JsonObject body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(body.encode() + "\n");
  }
}
