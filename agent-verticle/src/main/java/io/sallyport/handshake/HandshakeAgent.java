package io.sallyport.handshake;

import io.netty.util.concurrent.EventExecutor;
import io.sallyport.handshake.HandshakeService.Submission;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.KtlsSocket;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Asks an agent for TLS sessions on the sockets of one event loop.
///
/// A request that is [HandshakeSubmit#ACCEPTED] calls `done` exactly once; a refused one never
/// does. [#cancel] is true exactly when `done` now never will be called. That holds for every order
/// of answers, bytes, timeouts, cancels, closes and agents that stop, as long as the event loop
/// runs.
///
/// From the acceptance to `done`, or to a cancel, the socket belongs to the handshake. Its
/// callbacks are replaced, and the consumer must not receive, send, set callbacks, keys or reading,
/// or shut down a direction. It may [#cancel] and it may close the socket, in either order. A
/// socket that is closed without a cancel gets its `done` as soon as the call that closed it has
/// returned, with [FailureReason#SOCKET_CLOSED], and the agent ends its work.
///
/// Every call is made on that event loop, also from within a `done` and from within callbacks of
/// any socket; not thread-safe, and without locks. Memory is bounded by the peer's pace: reading
/// from the network stops when something comes while the agent works.
public final class HandshakeAgent {
  /// How long a handshake may take when the request does not say.
  public static final int TIMEOUT_MS_DEFAULT = 30_000;

  private final EventExecutor loop;
  private final HandshakeService service;

  private final Map<KtlsSocket, SocketHandshake> inFlight = new HashMap<>();

  /// @param loop the event loop of every socket this object will see
  /// @param service who does the handshakes
  public HandshakeAgent(EventExecutor loop, HandshakeService service) {
    this.loop = loop;
    this.service = service;
  }

  /// Asks for a handshake as a client that shows no identity and verifies none (kernel:
  /// `tls_client_hello_anon`): the session is encrypted, and who is at its other end is unknown.
  ///
  /// Like all five: [HandshakeSubmit#ACCEPTED] when the handshake is under way, and `done` is then
  /// called exactly once on the socket's event loop, never from within this call; any other value
  /// when it is refused, and then `done` is never called and the socket is as before. What the peer
  /// sent before the call is the first that the agent receives.
  public HandshakeSubmit clientHelloAnon(HandshakeArgs args) {
    return submit(HandshakeKind.CLIENT_HELLO_ANON, args);
  }

  /// Asks for a handshake as a client that verifies the server's certificate against the trust
  /// anchors of the keyring and `peername` (kernel: `tls_client_hello_x509`), and that shows a
  /// certificate of the keyring when the server asks for one.
  ///
  /// The `peerid` of `done` is the server's certificate. Promises as [#clientHelloAnon].
  public HandshakeSubmit clientHelloX509(HandshakeArgs args) {
    return submit(HandshakeKind.CLIENT_HELLO_X509, args);
  }

  /// Asks for a handshake as a client with the pre-shared keys `myPeerids`, one to five, most
  /// preferred first (kernel: `tls_client_hello_psk`).
  ///
  /// The `peerid` of `done` is the key that the server chose; its status is EKEYREJECTED when the
  /// server knows none of them. Promises as [#clientHelloAnon].
  public HandshakeSubmit clientHelloPsk(HandshakeArgs args) {
    return submit(HandshakeKind.CLIENT_HELLO_PSK, args);
  }

  /// Asks for a handshake as a server that authenticates with a certificate (kernel:
  /// `tls_server_hello_x509`), and that verifies the client's as the policy demands.
  ///
  /// The `peerid` of `done` is the client's certificate, [KeySerial#NONE] without one. Promises as
  /// [#clientHelloAnon].
  public HandshakeSubmit serverHelloX509(HandshakeArgs args) {
    return submit(HandshakeKind.SERVER_HELLO_X509, args);
  }

  /// Asks for a handshake as a server that demands one of the pre-shared keys `myPeerids`, of any
  /// pre-shared key of the keyring when there are none (kernel: `tls_server_hello_psk`).
  ///
  /// The `peerid` of `done` is the key that the client proved; its status is EKEYREJECTED when it
  /// proved none. Promises as [#clientHelloAnon].
  public HandshakeSubmit serverHelloPsk(HandshakeArgs args) {
    return submit(HandshakeKind.SERVER_HELLO_PSK, args);
  }

  private HandshakeSubmit submit(HandshakeKind kind, HandshakeArgs args) {
    if (!areValid(kind, args)) {
      return HandshakeSubmit.EINVAL;
    }
    if (inFlight.containsKey(args.socket())) {
      return HandshakeSubmit.EBUSY;
    }
    try {
      return request(kind, args);
    } catch (OutOfMemoryError _) {
      return HandshakeSubmit.ENOMEM;
    }
  }

  private HandshakeSubmit request(HandshakeKind kind, HandshakeArgs args) {
    SocketHandshake handshake = new SocketHandshake(this, loop, kind, args);
    HandshakeRequest request =
        new HandshakeRequest(
            kind,
            args.peername(),
            args.keyring(),
            args.myCert(),
            args.myPrivkey(),
            args.myPeerids(),
            args.policy(),
            args.consumer(),
            "");
    return switch (service.submit(request, handshake)) {
      case Submission.Refused(HandshakeSubmit why) -> why;
      case Submission.Accepted(HandshakeService.Exchange exchange) -> {
        begin(handshake, exchange, args);
        yield HandshakeSubmit.ACCEPTED;
      }
    };
  }

  /// When it fails nothing has begun: the agent is told, and the socket is as before.
  private void begin(
      SocketHandshake handshake, HandshakeService.Exchange exchange, HandshakeArgs args) {
    int timeoutMs = args.timeoutMs() == 0 ? TIMEOUT_MS_DEFAULT : args.timeoutMs();
    try {
      inFlight.put(args.socket(), handshake);
      handshake.begin(exchange, timeoutMs);
    } catch (RuntimeException | OutOfMemoryError e) {
      inFlight.remove(args.socket());
      exchange.cancel();
      throw e;
    }
  }

  private static boolean areValid(HandshakeKind kind, HandshakeArgs args) {
    return isComplete(args)
        && !args.socket().isClosed()
        && args.socket().version() == null
        && !args.keyring().isBlank()
        && args.timeoutMs() >= 0
        && args.myCert().isNone() == args.myPrivkey().isNone()
        && args.myPeerids().size() <= HandshakeArgs.PEERIDS_MAX
        && args.myPeerids().stream().noneMatch(KeySerial::isNone)
        && (kind != HandshakeKind.CLIENT_HELLO_PSK || !args.myPeerids().isEmpty())
        && (kind != HandshakeKind.CLIENT_HELLO_X509 || args.peername() != null);
  }

  /// Callers that are not checked for null are answered as the kernel answers them.
  private static boolean isComplete(@Nullable HandshakeArgs args) {
    return args != null
        && args.socket() != null
        && args.done() != null
        && args.keyring() != null
        && args.consumer() != null;
  }

  /// Ends the handshake on `socket` without a `done`.
  ///
  /// True until `done` is called: before the agent accepts, while it works, when its answer is on
  /// its way, and after the socket was closed. False when there is no handshake, from within its
  /// `done`, and after. The agent is told, and ends its work.
  ///
  /// The socket has its callbacks again, and reading is on unless it is closed. It is of no use for
  /// another handshake, since some of the peer's bytes are gone: close it.
  ///
  /// @return whether there was one, which means that `done` now never will be called
  public boolean cancel(KtlsSocket socket) {
    SocketHandshake handshake = inFlight.remove(socket);
    if (handshake == null) {
      return false;
    }
    handshake.cancel();
    return true;
  }

  /// Sends a `close_notify` of level warning if a session was established on `socket`, once; does
  /// nothing before `done`, after a `done` that failed, and when data sent before was lost.
  ///
  /// Does not close the socket. The peer may still send (RFC 9846 §6.1).
  public void close(KtlsSocket socket) {
    socket.sendCloseNotify();
  }

  /// The number of handshakes that are under way: accepted, not cancelled, and without a `done`.
  public int inFlight() {
    return inFlight.size();
  }

  /// A handshake ended by itself.
  void ended(KtlsSocket socket) {
    inFlight.remove(socket);
  }
}
