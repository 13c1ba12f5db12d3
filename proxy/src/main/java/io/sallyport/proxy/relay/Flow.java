package io.sallyport.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.ktls.Alert;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;

/// One direction of a relay: what `from` receives, `to` sends.
///
/// Keeps no bytes of its own. While `to` takes no more, `from` is not read, so that memory is
/// bounded by the sockets' write limits and one read. The buffer that was read is the buffer that
/// is written.
final class Flow {
  /// no_renegotiation (RFC 5246 §7.2.2), the polite refusal.
  private static final Alert NO_RENEGOTIATION = new Alert(1, 100);

  /// user_canceled (RFC 9846 §6.1): says nothing about the connection.
  private static final int USER_CANCELED = 90;

  /// A peer that keeps asking for what it does not get is refused.
  private static final int MAX_REFUSED_MESSAGES = 4;

  private final KtlsSocket from;
  private final KtlsSocket to;
  private final Relay relay;

  private final PostHandshake postHandshake;

  private long bytes;
  private int refusedMessages;

  /// Reading is off when a relay begins.
  private boolean paused = true;

  private boolean pumping;
  private boolean ended;

  /// @param postHandshake takes the handshake messages of `from`
  Flow(KtlsSocket from, KtlsSocket to, PostHandshake postHandshake, Relay relay) {
    this.from = from;
    this.to = to;
    this.postHandshake = postHandshake;
    this.relay = relay;
  }

  /// Bytes of data carried so far.
  long bytes() {
    return bytes;
  }

  /// Whether the sender ended its data, cleanly.
  boolean isEnded() {
    return ended;
  }

  /// Carries what is there, as far as `to` takes it.
  void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    long before = bytes;
    try {
      boolean more = true;
      while (more && takesMore() && !relay.isOver()) {
        more = carry();
        to.flush();
      }
      if (!relay.isOver()) {
        setPaused(more);
      }
    } finally {
      relay.carried(bytes - before);
      pumping = false;
    }
  }

  /// Carries until `to` is full or `from` is empty. True when `from` may have more.
  private boolean carry() {
    while (takesMore()) {
      switch (from.recv()) {
        case Received.ApplicationData data -> send(data.content());
        case Received.Control(int contentType, ByteBuf content) -> {
          try {
            onControl(contentType, content);
          } finally {
            content.release();
          }
          if (relay.isOver()) {
            return false;
          }
        }
        case Received.Failed failed -> {
          relay.failed(from, failed);
          return false;
        }
        case Received.Nothing.WOULD_BLOCK -> {
          return false;
        }
        case Received.Nothing.END_OF_STREAM -> {
          onFin();
          return false;
        }
      }
    }
    return true;
  }

  /// What comes behind the end is thrown away, which takes no room.
  private boolean takesMore() {
    return ended || to.isWritable();
  }

  private void send(ByteBuf data) {
    if (ended) {
      // RFC 9846 §6.1: data behind a closure alert is ignored.
      data.release();
      return;
    }
    bytes += data.readableBytes();
    to.send(data);
  }

  private void onControl(int contentType, ByteBuf content) {
    if (ended) {
      // RFC 9846 §6.1: nothing counts behind a closure alert.
      return;
    }
    switch (contentType) {
      case ContentType.ALERT ->
          Alert.parse(content).ifPresentOrElse(this::onAlert, () -> relay.unexpectedMessage(from));
      case ContentType.HANDSHAKE -> onHandshakeMessage(content);
      default -> relay.unexpectedMessage(from);
    }
  }

  private void onAlert(Alert alert) {
    if (alert.isCloseNotify()) {
      end();
    } else if (alert.description() != USER_CANCELED) {
      relay.alerted(from, alert);
    }
  }

  /// Key updates are the record layer's and do not come here.
  private void onHandshakeMessage(ByteBuf content) {
    boolean isPassedOver =
        switch (from.version()) {
          case TLS_1_2 -> refuseRenegotiation();
          case TLS_1_3 -> postHandshake.received(content.retain());
          case null -> false;
        };
    if (!isPassedOver) {
      relay.unexpectedMessage(from);
    }
  }

  /// False when the peer has asked often enough.
  private boolean refuseRenegotiation() {
    if (++refusedMessages > MAX_REFUSED_MESSAGES) {
      return false;
    }
    from.sendAlert(NO_RENEGOTIATION);
    return true;
  }

  private void onFin() {
    if (ended) {
      return;
    }
    if (from.version() == null) {
      end();
    } else {
      relay.truncated(from);
    }
  }

  /// Passes the end of the data on: as close_notify under TLS, then as FIN.
  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    to.sendCloseNotify();
    to.shutdownOutput();
    relay.flowEnded();
  }

  private void setPaused(boolean next) {
    if (paused != next) {
      paused = next;
      from.setReading(!next);
    }
  }
}
