package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.ktls.Alert;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.TlsVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// What goes over one connection of the matrix after its handshake: some KiB in each direction, and
/// a close_notify in each. On the event loop of its socket.
///
/// A server here answers an HTTP request with its body, so that curl is a client like any other. A
/// client here sends a line to a server that echoes it.
final class MatrixExchange implements KtlsSocket.Callbacks {
  /// More than any limit on records that a peer here asks for.
  static final String BODY = ("0123456789abcdef".repeat(28) + "\n").repeat(20);

  static final String SMALL_REQUEST = "POST /matrix HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
  static final String REQUEST =
      "POST /matrix HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
          + BODY.length()
          + "\r\n\r\n"
          + BODY;

  private static final String ANSWER =
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
          + BODY.length()
          + "\r\n\r\n"
          + BODY;
  private static final String HEAD_END = "\r\n\r\n";
  private static final Alert NO_RENEGOTIATION = new Alert(1, 100);

  /// How it went.
  ///
  /// @param received everything
  /// @param alerts descriptions of those that came, without close_notify
  /// @param ending `clean` when the peer ended with a close_notify
  record Result(HandshakeOutcome outcome, String received, List<Integer> alerts, String ending) {}

  private final HandshakeAgent agent;
  private final KtlsSocket socket;
  private final MatrixCase one;
  private final HandshakeOutcome.Established outcome;
  private final CompletableFuture<Result> result;
  private final StringBuilder received = new StringBuilder();
  private final List<Integer> alerts = new ArrayList<>();
  private boolean closeNotified;
  private boolean answered;

  MatrixExchange(
      HandshakeAgent agent,
      KtlsSocket socket,
      MatrixCase one,
      HandshakeOutcome.Established outcome,
      CompletableFuture<Result> result) {
    this.agent = agent;
    this.socket = socket;
    this.one = one;
    this.outcome = outcome;
    this.result = result;
  }

  void start() {
    socket.setCallbacks(this);
    // A peer that refuses us must not find data that it never reads: it would send a reset.
    if (one.role == MatrixCase.Role.CLIENT && !one.leaves) {
      send(isOwnPeer() ? one.request : BODY);
    }
    socket.setReading(true);
    dataReady();
  }

  @Override
  public void dataReady() {
    while (!result.isDone()) {
      switch (socket.recv()) {
        case Received.ApplicationData data -> take(data.content());
        case Received.Control control -> take(control);
        case Received.Failed failed -> end("failed: " + failed.errno());
        case Received.Nothing.END_OF_STREAM ->
            end(closeNotified ? "clean" : "without close_notify");
        case Received.Nothing.WOULD_BLOCK -> {
          return;
        }
      }
    }
  }

  @Override
  public void writeSpace() {}

  private void take(ByteBuf data) {
    received.append(data.toString(StandardCharsets.US_ASCII));
    data.release();
    if (!answered && isComplete()) {
      answered = true;
      if (one.role == MatrixCase.Role.SERVER) {
        send(ANSWER);
      }
      agent.close(socket);
      if (one.role == MatrixCase.Role.SERVER) {
        // Some clients wait for it before they say their own goodbye.
        socket.shutdownOutput();
      }
    }
  }

  private boolean isOwnPeer() {
    return one.peer == MatrixPeer.SALLYPORT;
  }

  private boolean isComplete() {
    int length =
        switch (one.role) {
          case SERVER -> one.request.length() - one.request.indexOf(HEAD_END);
          case CLIENT -> isOwnPeer() ? ANSWER.length() : BODY.length();
        };
    int from = one.role == MatrixCase.Role.SERVER ? received.indexOf(HEAD_END) : 0;
    return from >= 0 && received.length() - from >= length;
  }

  private void take(Received.Control control) {
    int type = control.contentType();
    ByteBuf content = control.content();
    if (type == ContentType.ALERT) {
      Alert alert = Alert.parse(content).orElseThrow();
      if (alert.isCloseNotify()) {
        closeNotified = true;
      } else {
        alerts.add(alert.description());
      }
    }
    if (type == ContentType.HANDSHAKE
        && outcome.session().version() == TlsVersion.TLS_1_3
        && !outcome.postHandshake().received(content.retain())) {
      end("unexpected message");
    }
    content.release();
    if (type == ContentType.HANDSHAKE && outcome.session().version() == TlsVersion.TLS_1_2) {
      // What the proxy does as well: nothing else comes in TLS 1.2 than a wish to renegotiate.
      socket.sendAlert(NO_RENEGOTIATION);
    }
    if (closeNotified && one.role == MatrixCase.Role.CLIENT) {
      end("clean");
    }
  }

  private void send(String text) {
    socket.send(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    socket.flush();
  }

  private void end(String ending) {
    outcome.postHandshake().close();
    socket.close();
    result.complete(new Result(outcome, received.toString(), List.copyOf(alerts), ending));
  }
}
