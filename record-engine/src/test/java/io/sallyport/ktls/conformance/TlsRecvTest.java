package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.KtlsErrno.EFAULT;
import static io.sallyport.ktls.RecvFlag.PEEK;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.SendFlag.MORE;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.conformance.Calls.bytes;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.received;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.recvmsg;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.slice;
import static io.sallyport.testing.ReferenceRecords.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.ReceivedMessage;
import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls`: what receiving makes of lengths, records, peeks and iovecs.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsRecvTest extends TlsFixture {
  TlsRecvTest(Variant variant) {
    super(variant);
  }

  @Test
  void recv_max() {
    byte[] sent = message(1, TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, sent)).isEqualTo(sent.length);
    assertThat(recv(cfd, sent.length)).isEqualTo(sent);
  }

  @Test
  void recv_small() {
    byte[] sent = message(1, 10);
    assertThat(send(fd, sent)).isEqualTo(10);
    assertThat(recv(cfd, 10)).isEqualTo(sent);
  }

  @Test
  void recvmsg_single() {
    recvmsgInto(10, 1);
  }

  @Test
  void recvmsg_single_max() {
    recvmsgInto(TLS_PAYLOAD_MAX_LEN, 1);
  }

  @Test
  void recvmsg_multiple() {
    recvmsgInto(TLS_PAYLOAD_MAX_LEN, 1024);
  }

  private void recvmsgInto(int length, int iovecs) {
    byte[] sent = message(1, length);
    assertThat(send(fd, sent)).isEqualTo(length);
    CompositeByteBuf into = Calls.iovecs(new byte[length], iovecs).writerIndex(0);
    assertThat(received(recvmsg(cfd, into, false), into).endOfRecord()).isTrue();
    assertThat(bytes(into)).isEqualTo(sent);
  }

  @Test
  void single_send_multiple_recv() {
    byte[] sent = message(1, 2 * TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, sent)).isEqualTo(sent.length);
    for (int at = 0; at < sent.length; at += TLS_PAYLOAD_MAX_LEN) {
      assertThat(recv(cfd, TLS_PAYLOAD_MAX_LEN)).isEqualTo(slice(sent, at, TLS_PAYLOAD_MAX_LEN));
    }
  }

  @Test
  void multiple_send_single_recv() {
    byte[] first = message(1, 100);
    byte[] second = message(2, 100);
    assertThat(send(fd, first)).isEqualTo(100);
    assertThat(send(fd, second)).isEqualTo(100);
    assertThat(recv(cfd, 200, WAITALL)).isEqualTo(concat(first, second));
  }

  @Test
  void single_send_multiple_recv_non_align() {
    byte[] sent = message(1, 15);
    assertThat(send(fd, sent)).isEqualTo(15);
    assertThat(recv(cfd, 10)).isEqualTo(slice(sent, 0, 10));
    assertThat(recv(cfd, 10)).isEqualTo(slice(sent, 10, 5));
  }

  @Test
  void recv_partial() {
    byte[] sent = message(1, 18);
    assertThat(send(fd, sent)).isEqualTo(18);
    assertThat(recv(cfd, 10, WAITALL)).isEqualTo(slice(sent, 0, 10));
    assertThat(recv(cfd, 8, WAITALL)).isEqualTo(slice(sent, 10, 8));
  }

  @Test
  void recv_nonblock() {
    assertThat(recvError(cfd, 4096)).isEqualTo(EAGAIN);
  }

  @Test
  void recv_peek() {
    byte[] sent = message(1, 15);
    assertThat(send(fd, sent)).isEqualTo(15);
    assertThat(recv(cfd, 15, PEEK)).isEqualTo(sent);
    assertThat(recv(cfd, 15)).isEqualTo(sent);
    assertThat(recvError(cfd, 15)).isEqualTo(EAGAIN);
  }

  @Test
  void recv_peek_multiple() {
    byte[] sent = message(1, 15);
    assertThat(send(fd, sent)).isEqualTo(15);
    for (int i = 0; i < 100; i++) {
      assertThat(recv(cfd, 15, PEEK)).isEqualTo(sent);
    }
  }

  @Test
  void recv_peek_multiple_records() {
    byte[] first = message(1, 10);
    byte[] second = message(2, 12);
    send(fd, first);
    send(fd, second);
    assertThat(recv(cfd, 10, PEEK)).isEqualTo(first);
    assertThat(recv(cfd, 22, WAITALL)).isEqualTo(concat(first, second));

    // Both in one record.
    send(fd, first, MORE);
    send(fd, second);
    assertThat(recv(cfd, 22, PEEK)).isEqualTo(concat(first, second));
  }

  @Test
  void recv_peek_large_buf_mult_recs() {
    byte[] first = message(1, 10);
    byte[] second = message(2, 12);
    send(fd, first);
    send(fd, second);
    assertThat(recv(cfd, 22, PEEK, WAITALL)).isEqualTo(concat(first, second));
  }

  @Test
  void recv_lowat() {
    byte[] sent = message(1, 15);
    send(fd, slice(sent, 0, 10));
    send(fd, slice(sent, 10, 5));
    cfd.setReceiveLowWaterMark(8);
    assertThat(recv(cfd, 1, WAITALL)).isEqualTo(slice(sent, 0, 1));
    assertThat(recv(cfd, 6, WAITALL)).isEqualTo(slice(sent, 1, 6));
    // Three are left of the first record, so eight are there only across both.
    assertThat(recv(cfd, 10)).isEqualTo(slice(sent, 7, 8));
  }

  @Test
  void bidir() {
    setTls(cfd, TLS_TX, key(0));
    setTls(fd, TLS_RX, key(0));
    byte[] request = message(1, 10);
    byte[] response = message(2, 10);
    assertThat(send(fd, request)).isEqualTo(10);
    assertThat(recv(cfd, 10)).isEqualTo(request);
    assertThat(send(cfd, response)).isEqualTo(10);
    assertThat(recv(fd, 10)).isEqualTo(response);
  }

  /// An iovec at an address that cannot be written is a buffer that is read-only.
  @Test
  void recv_efault() {
    byte[] sent = message(1, 18);
    send(fd, slice(sent, 0, 9));
    send(fd, slice(sent, 9, 9));
    CompositeByteBuf into =
        Unpooled.compositeBuffer()
            .addComponent(Unpooled.buffer(12, 12).writeZero(12))
            .addComponent(Unpooled.buffer(100, 100).writeZero(100).asReadOnly());
    ReceivedMessage answer = recvmsg(cfd, into, false);
    if (answer instanceof ReceivedMessage.Failed failed) {
      assertThat(failed.errno()).isEqualTo(EFAULT);
      assertThat(into.writerIndex()).isZero();
    } else {
      assertThat(received(answer, into).length()).isBetween(9, 12);
    }
    // Nothing is lost, nothing comes twice.
    assertThat(concat(bytes(into), recv(cfd, 100))).isEqualTo(sent);
    assertThat(recvError(cfd, 100)).isEqualTo(EAGAIN);
  }
}
