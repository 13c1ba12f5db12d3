package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.KtlsErrno.EIO;
import static io.sallyport.ktls.RecvFlag.PEEK;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.SendFlag.MORE;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvCmsg;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendCmsg;
import static io.sallyport.ktls.conformance.Calls.slice;
import static io.sallyport.testing.ReferenceRecords.concat;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls`: splice. Into a socket goes what lies in buffers already, as it lies
/// there; out of it goes a plain socket in the place of the pipe.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsSpliceTest extends TlsFixture {
  private static final int PAGE = 4096;

  TlsSpliceTest(Variant variant) {
    super(variant);
  }

  @Test
  void splice_from_pipe() {
    byte[] sent = message(1, TLS_PAYLOAD_MAX_LEN);
    pipe.write(sent);
    assertThat(pipe.spliceTo(fd, sent.length)).isEqualTo(sent.length);
    assertThat(recv(cfd, sent.length, WAITALL)).isEqualTo(sent);
  }

  @Test
  void splice_more() {
    byte[] sent = message(1, 32);
    pipe.write(sent);
    for (int i = 0; i < 32; i++) {
      assertThat(pipe.spliceTo(fd, 1, MORE)).isEqualTo(1);
    }
    assertThat(recvError(cfd, 32)).isEqualTo(EAGAIN);
    byte[] last = message(2, 1);
    assertThat(send(fd, last)).isEqualTo(1);
    assertThat(recv(cfd, 33, WAITALL)).isEqualTo(concat(sent, last));
  }

  @Test
  void splice_from_pipe2() {
    byte[] sent = message(1, 16_000);
    try (Pipe second = new Pipe(pair.engine)) {
      pipe.write(sent);
      pipe.spliceTo(second, 8000);
      assertThat(second.spliceTo(fd, 8000)).isEqualTo(8000);
      assertThat(pipe.spliceTo(fd, 8000)).isEqualTo(8000);
    }
    assertThat(recv(cfd, sent.length, WAITALL)).isEqualTo(sent);
  }

  @Test
  void send_and_splice() {
    byte[] sent = message(1, 10);
    byte[] spliced = message(2, TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, sent)).isEqualTo(10);
    assertThat(recv(cfd, 10, WAITALL)).isEqualTo(sent);
    assertThat(send(fd, sent)).isEqualTo(10);
    pipe.write(spliced);
    assertThat(pipe.spliceTo(fd, spliced.length)).isEqualTo(spliced.length);
    assertThat(recv(cfd, 10 + spliced.length, WAITALL)).isEqualTo(concat(sent, spliced));
  }

  /// The kernel's scatter list has no counterpart; an open record of as many parts has.
  @Test
  void splice_onto_full_record() {
    for (int fragments = 16; fragments <= 44; fragments++) {
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      for (int i = 0; i < fragments; i++) {
        byte[] fragment = message(1000 * fragments + i, 100);
        pipe.write(fragment);
        assertThat(pipe.spliceTo(fd, 100, MORE)).isEqualTo(100);
        sent.writeBytes(fragment);
      }
      byte[] behind = message(fragments, 100);
      assertThat(send(fd, behind, MORE)).isEqualTo(100);
      sent.writeBytes(behind);
      pipe.write(behind);
      assertThat(pipe.spliceTo(fd, 100)).isEqualTo(100);
      sent.writeBytes(behind);
      assertThat(recv(cfd, 100 * (fragments + 2), WAITALL)).isEqualTo(sent.toByteArray());
      assertThat(recvError(cfd, 1)).isEqualTo(EAGAIN);
    }
  }

  @Test
  void splice_to_pipe() {
    byte[] sent = message(1, TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, sent)).isEqualTo(sent.length);
    assertThat(pipe.spliceFrom(cfd, sent.length)).isEqualTo(sent);
  }

  @Test
  void splice_cmsg_to_pipe() {
    byte[] control = message(1, 10);
    assertThat(sendCmsg(fd, 100, control)).isEqualTo(10);
    assertThat(pipe.spliceFromError(cfd, 10)).isEqualTo(EINVAL);
    assertThat(recvError(cfd, 10)).isEqualTo(EIO);
    assertThat(recvCmsg(cfd, 100, 10)).isEqualTo(control);
  }

  @Test
  void splice_dec_cmsg_to_pipe() {
    byte[] control = message(1, 10);
    assertThat(sendCmsg(fd, 100, control)).isEqualTo(10);
    assertThat(recvError(cfd, 10)).isEqualTo(EIO);
    assertThat(pipe.spliceFromError(cfd, 10)).isEqualTo(EINVAL);
    assertThat(recvCmsg(cfd, 100, 10)).isEqualTo(control);
  }

  @Test
  void recv_and_splice() {
    int half = TLS_PAYLOAD_MAX_LEN / 2;
    byte[] sent = message(1, TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, sent)).isEqualTo(sent.length);
    assertThat(recv(cfd, half, WAITALL)).isEqualTo(slice(sent, 0, half));
    assertThat(pipe.spliceFrom(cfd, half)).isEqualTo(slice(sent, half, half));
  }

  @Test
  void peek_and_splice() {
    int record = TLS_PAYLOAD_MAX_LEN;
    byte[] sent = message(1, 4 * record);
    for (int i = 0; i < 4; i++) {
      assertThat(send(fd, slice(sent, i * record, record))).isEqualTo(record);
    }
    int peeked = record * 5 / 2;
    assertThat(recv(cfd, peeked, WAITALL, PEEK)).isEqualTo(slice(sent, 0, peeked));
    for (int i = 0; i < 4; i++) {
      assertThat(pipe.spliceFrom(cfd, record)).isEqualTo(slice(sent, i * record, record));
    }
  }

  @Test
  void splice_to_pipe_small() {
    byte[] sent = message(1, TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, sent)).isEqualTo(sent.length);
    for (int at = 0; at < sent.length; at += PAGE) {
      assertThat(pipe.spliceFrom(cfd, PAGE)).isEqualTo(slice(sent, at, PAGE));
    }
    assertThat(pipe.spliceFromError(cfd, PAGE)).isEqualTo(EAGAIN);
  }

  /// 48 pages of which one byte each is used, as vmsplice makes them, are a buffer of 48 parts.
  @Test
  void splice_short() {
    byte[] sent = message(1, 48 + 0x100);
    for (int i = 0; i < 48; i++) {
      pipe.write(slice(sent, i, 1));
    }
    pipe.write(slice(sent, 48, 0x100));
    long spliced = 0;
    while (pipe.readableBytes() > 0) {
      long taken = pipe.spliceTo(fd, 7, MORE);
      assertThat(taken).isPositive();
      spliced += taken;
    }
    assertThat(spliced).isEqualTo(sent.length);
    assertThat(recvError(cfd, 1)).isEqualTo(EAGAIN);
    byte[] last = message(2, 1);
    assertThat(send(fd, last)).isEqualTo(1);
    assertThat(recv(cfd, sent.length + 10)).isEqualTo(concat(sent, last));
    assertThat(recvError(cfd, 1)).isEqualTo(EAGAIN);
  }
}
