package io.sallyport.proxy.relay;

import io.sallyport.handshake.PostHandshake;
import io.sallyport.ktls.Alert;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.transport.ReadCoalescing;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.System.Logger.Level;

/// Both directions of one connection, from the first byte to the last.
///
/// The end of one side's data is passed on as a close_notify and FIN while the other side goes on
/// (RFC 9846 §6.1). A peer of TLS 1.2 may take it for the end of both (RFC 5246 §7.2.1) and answer
/// no more; to us its own close_notify ends its side alone.
///
/// Ends once: when both directions ended cleanly, or at the first thing that breaks the connection.
/// What broke on one side never looks like a clean end on the other: the upstream is reset, the
/// downstream gets a fatal alert or a close without close_notify. Whoever broke the rules of TLS is
/// told so by the alert that the RFC names. Closing the sockets for good is left to the connection.
/// Owned by its event loop.
public final class Relay {
  private static final System.Logger LOG = System.getLogger(Relay.class.getName());

  private final KtlsSocket downstream;
  private final KtlsSocket upstream;
  private final ReadCoalescing coalescing;
  private final Flow toUpstream;
  private final Flow toDownstream;
  private final Promise<CloseReason> end = Promise.promise();
  private long lastActivityNanos = System.nanoTime();
  private long unsentBefore;
  private String detail = "";

  /// A relay between two established sockets; nothing moves before [#run()].
  ///
  /// @param postHandshake takes the handshake messages of the server; stays the caller's
  public Relay(
      KtlsSocket downstream,
      KtlsSocket upstream,
      PostHandshake postHandshake,
      ReadCoalescing coalescing) {
    this.downstream = downstream;
    this.upstream = upstream;
    this.coalescing = coalescing;
    toUpstream = new Flow(downstream, upstream, PostHandshake.NONE, this);
    toDownstream = new Flow(upstream, downstream, postHandshake, this);
  }

  /// Carries what has arrived already and all that follows. Completes when the relay is over, never
  /// fails.
  public Future<CloseReason> run() {
    SideCallbacks fromClient = new SideCallbacks(downstream, toUpstream, toDownstream);
    SideCallbacks fromServer = new SideCallbacks(upstream, toDownstream, toUpstream);
    downstream.setCallbacks(fromClient);
    upstream.setCallbacks(fromServer);
    fromClient.dataReady();
    fromServer.dataReady();
    return end.future();
  }

  /// Ends the relay from outside, for a timeout or a drain.
  public void stop(CloseReason reason) {
    over(reason);
  }

  /// Nanoseconds since something last happened on either socket, as far as was noticed. A peer that
  /// takes unsent bytes is active too: that is noticed here, from one call to the next.
  public long idleNanos() {
    long unsent = downstream.unsent() + upstream.unsent();
    if (unsent < unsentBefore) {
      lastActivityNanos = System.nanoTime();
    }
    unsentBefore = unsent;
    return System.nanoTime() - lastActivityNanos;
  }

  /// Whose move it is.
  public enum Waiting {
    /// The client takes no more.
    CLIENT,
    /// The server takes no more.
    SERVER,
    /// Both may send.
    EITHER
  }

  /// Who has to do something before data can flow again.
  public Waiting waitingFor() {
    if (!downstream.isWritable()) {
      return Waiting.CLIENT;
    }
    return upstream.isWritable() ? Waiting.EITHER : Waiting.SERVER;
  }

  /// Whether one side has ended its data and the other has not.
  public boolean isHalfClosed() {
    return toUpstream.isEnded() != toDownstream.isEnded();
  }

  /// Bytes of data carried from client to server.
  public long bytesUp() {
    return toUpstream.bytes();
  }

  /// Bytes of data carried from server to client.
  public long bytesDown() {
    return toDownstream.bytes();
  }

  /// More than the reason says about why it is over, or empty.
  public String detail() {
    return detail;
  }

  void carried(long bytes) {
    coalescing.carried(bytes);
  }

  boolean isOver() {
    return end.future().isComplete();
  }

  void flowEnded() {
    if (toUpstream.isEnded() && toDownstream.isEnded()) {
      over(CloseReason.COMPLETE);
    }
  }

  /// A socket is in error: its peer reset it, what it received is no valid record, or its keys are
  /// spent.
  void failed(KtlsSocket socket, Received.Failed failure) {
    switch (failure.errno()) {
      case ECONNRESET -> over(by(socket, CloseReason.DOWNSTREAM_RESET));
      case EBADMSG, EMSGSIZE, EINVAL -> refuse(socket, failure.alert(), CloseReason.BAD_RECORD);
      case EKEYEXPIRED -> refuse(socket, failure.alert(), CloseReason.KEY_LIMIT);
      case EPROTO -> refuse(socket, failure.alert(), CloseReason.KEY_UPDATE);
      case ENOMEM -> refuse(socket, failure.alert(), CloseReason.INTERNAL);
      default -> throw new IllegalStateException("recv never answers " + failure.errno());
    }
  }

  void truncated(KtlsSocket socket) {
    over(by(socket, CloseReason.TRUNCATED));
  }

  void alerted(KtlsSocket socket, Alert alert) {
    detail = "alert " + alert.description();
    over(by(socket, CloseReason.ALERTED));
  }

  void unexpectedMessage(KtlsSocket socket) {
    refuse(socket, Alert.UNEXPECTED_MESSAGE, CloseReason.UNEXPECTED_MESSAGE);
  }

  private void refuse(KtlsSocket socket, int alertDescription, CloseReason reason) {
    if (socket.version() != null) {
      socket.sendAlert(Alert.fatal(alertDescription));
    }
    over(by(socket, reason));
  }

  private CloseReason by(KtlsSocket socket, CloseReason ofClient) {
    return socket == upstream ? ofClient.byServer() : ofClient;
  }

  private void over(CloseReason reason) {
    end.tryComplete(reason);
  }

  /// What happens on one socket moves the flow that leaves it, and the one that arrives. A failure
  /// of ours ends this relay and no other.
  private final class SideCallbacks implements KtlsSocket.Callbacks {
    private final KtlsSocket socket;
    private final Flow leaving;
    private final Flow arriving;

    SideCallbacks(KtlsSocket socket, Flow leaving, Flow arriving) {
      this.socket = socket;
      this.leaving = leaving;
      this.arriving = arriving;
    }

    @Override
    public void dataReady() {
      // What a client sent before it reset the connection is of no use to a server; what a server
      // sent
      // before may be the answer.
      if (socket == downstream && downstream.isClosed()) {
        over(CloseReason.DOWNSTREAM_RESET);
      } else {
        pump(leaving);
      }
    }

    @Override
    public void writeSpace() {
      pump(arriving);
    }

    private void pump(Flow flow) {
      lastActivityNanos = System.nanoTime();
      try {
        flow.pump();
      } catch (RuntimeException | OutOfMemoryError e) {
        LOG.log(Level.ERROR, "relay failed", e);
        over(CloseReason.INTERNAL);
      }
    }
  }
}
