package io.sallyport.proxy.tls;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Says goodbye to a peer that was told why.
///
/// Closing a socket with unread bytes makes TCP send RST, and the alert before it is lost (RFC 9293
/// §3.10.4). So the end is announced, and what still comes is dropped until the peer ends too, or
/// for a second.
public final class Linger implements KtlsSocket.Callbacks {
  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final KtlsSocket socket;
  private final Promise<Void> gone = Promise.promise();

  private Linger(KtlsSocket socket) {
    this.socket = socket;
  }

  /// Completes when the socket may be closed. Never fails.
  ///
  /// @param loop the socket's
  public static Future<Void> on(KtlsSocket socket, EventLoop loop) {
    Linger linger = new Linger(socket);
    socket.setCallbacks(linger);
    socket.shutdownOutput();
    socket.shutdownInput();
    linger.dataReady();
    ScheduledFuture<?> timer =
        loop.schedule(() -> linger.gone.tryComplete(), LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    return linger.gone.future().onComplete(_ -> timer.cancel(false));
  }

  @Override
  public void dataReady() {
    if (socket.recv() != Received.Nothing.WOULD_BLOCK) {
      gone.tryComplete();
    }
  }

  @Override
  public void writeSpace() {}
}
