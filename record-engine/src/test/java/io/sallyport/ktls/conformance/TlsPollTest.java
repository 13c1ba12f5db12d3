package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.PollEvent.IN;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.conformance.Calls.bytes;
import static io.sallyport.ktls.conformance.Calls.failed;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvmsg;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.slice;
import static io.sallyport.ktls.conformance.Calls.trySend;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.ReceivedMessage;
import io.sallyport.ktls.Sent;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls`: who waits for data or room is told.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsPollTest extends TlsFixture {
  private static final int DATA = 100_000;
  private static final int SMALL_SNDBUF = 4096;

  /// What the network takes at a time: no multiple of a record.
  private static final int DELIVERY = 3001;

  /// More than the data needs, so that a case that stands still ends.
  private static final int MOST_DELIVERIES = 1000;

  TlsPollTest(Variant variant) {
    super(variant);
  }

  @Test
  void pollin() {
    byte[] sent = message(1, 10);
    assertThat(cfd.poll()).doesNotContain(IN);
    send(fd, sent);
    assertThat(cfd.poll()).contains(IN);
    assertThat(recv(cfd, 10, WAITALL)).isEqualTo(sent);
    assertThat(cfd.poll()).doesNotContain(IN);
  }

  /// A poll without end is the callback, which an event loop waits for.
  @Test
  void poll_wait() {
    byte[] sent = message(1, 10);
    Watcher poll = Watcher.of(cfd);
    assertThat(poll.wasWoken()).isFalse();
    send(fd, sent);
    assertThat(poll.wasWoken()).isTrue();
    assertThat(cfd.poll()).contains(IN);
    assertThat(recv(cfd, 10, WAITALL)).isEqualTo(sent);
  }

  @Test
  void poll_wait_split() {
    byte[] sent = message(1, 20);
    send(fd, sent);
    assertThat(cfd.poll()).contains(IN);
    assertThat(recv(cfd, 10)).isEqualTo(slice(sent, 0, 10));
    assertThat(cfd.poll()).contains(IN);
    assertThat(recv(cfd, 10)).isEqualTo(slice(sent, 10, 10));
    assertThat(cfd.poll()).doesNotContain(IN);
  }

  /// A process that blocks in recv or send goes on in the callback instead.
  @Test
  void blocking() {
    byte[] sent = message(1, DATA);
    ByteBuf toSend = Unpooled.wrappedBuffer(sent);
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    fd.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {}

          @Override
          public void writeSpace() {
            sendUntilFull(toSend);
          }
        });
    cfd.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            recvUntilEmpty(received);
          }

          @Override
          public void writeSpace() {}
        });
    pair.transport.bound(2 * TLS_PAYLOAD_MAX_LEN);
    sendUntilFull(toSend);
    assertThat(toSend.isReadable()).as("the writer has to wait").isTrue();
    for (int i = 0; i < MOST_DELIVERIES && received.size() < DATA; i++) {
      pair.transport.deliver(DELIVERY);
    }
    assertThat(received.toByteArray()).isEqualTo(sent);
  }

  /// A small SO_SNDBUF is a transport that says early that it is full.
  @Test
  void nonblocking() {
    byte[] sent = message(1, DATA);
    ByteBuf toSend = Unpooled.wrappedBuffer(sent);
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    int writerTurnedAway = 0;
    int readerTurnedAway = 0;
    pair.transport.bound(SMALL_SNDBUF);
    for (int i = 0; i < MOST_DELIVERIES && received.size() < DATA; i++) {
      writerTurnedAway += sendUntilFull(toSend);
      readerTurnedAway += recvUntilEmpty(received);
      pair.transport.deliver(DELIVERY);
      recvUntilEmpty(received);
    }
    assertThat(received.toByteArray()).isEqualTo(sent);
    assertThat(writerTurnedAway).as("EAGAIN of send").isPositive();
    assertThat(readerTurnedAway).as("EAGAIN of recv").isPositive();
  }

  /// Sends a record's worth at a time. Returns how often it got EAGAIN.
  private int sendUntilFull(ByteBuf toSend) {
    while (toSend.isReadable()) {
      int length = Math.min(TLS_PAYLOAD_MAX_LEN, toSend.readableBytes());
      ByteBuf some = toSend.slice(toSend.readerIndex(), length);
      Sent answer = trySend(fd, some);
      if (answer instanceof Sent.Failed) {
        assertThat(failed(answer)).isEqualTo(EAGAIN);
        return 1;
      }
      toSend.skipBytes(some.readerIndex());
    }
    return 0;
  }

  /// Returns how often it got EAGAIN.
  private int recvUntilEmpty(ByteArrayOutputStream received) {
    while (true) {
      ByteBuf into = Unpooled.buffer(1000, 1000);
      ReceivedMessage answer = recvmsg(cfd, into, false);
      if (answer instanceof ReceivedMessage.Failed) {
        assertThat(failed(answer)).isEqualTo(EAGAIN);
        return 1;
      }
      received.writeBytes(bytes(into));
    }
  }
}
