package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.ContentType.APPLICATION_DATA;
import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.SendFlag.EOR;
import static io.sallyport.ktls.SendFlag.MORE;
import static io.sallyport.ktls.conformance.Calls.accepted;
import static io.sallyport.ktls.conformance.Calls.iovecs;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvCmsg;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendCmsg;
import static io.sallyport.ktls.conformance.Calls.sendCmsgError;
import static io.sallyport.ktls.conformance.Calls.sendmsg;
import static io.sallyport.testing.ReferenceRecords.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The kernel's fixture `tls`: what sending makes of flags, iovecs and files.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsSendTest extends TlsFixture {
  /// Bytes of one sendfile call, and bytes that the file has beyond that.
  private static final int[][] CHUNK_AND_EXTRA = {
    {4096, 4096},
    {4096, 0},
    {4096, 1},
    {4096, 2048},
    {8192, 2048},
    {4096, 8192},
    {8192, 4096},
    {12288, 1024},
    {12288, 2000},
    {15360, 100},
    {15360, 300},
    {1, 4096},
    {2048, 4096},
    {2048, 8192},
    {4096, 8192},
    {1024, 12288},
    {2000, 12288},
    {100, 15360},
    {300, 15360},
  };

  @TempDir Path directory;

  TlsSendTest(Variant variant) {
    super(variant);
  }

  @Test
  void sendfile() throws IOException {
    byte[] content = message(1, 300_000);
    try (FileChannel file = file(content)) {
      assertThat(sendfile(file, 0, content.length)).isEqualTo(content.length);
    }
    assertThat(recv(cfd, content.length, WAITALL)).isEqualTo(content);
  }

  @Test
  void send_then_sendfile() throws IOException {
    byte[] sent = message(1, 10);
    byte[] content = message(2, 300_000);
    try (FileChannel file = file(content)) {
      assertThat(send(fd, sent)).isEqualTo(sent.length);
      assertThat(sendfile(file, 0, content.length)).isEqualTo(content.length);
    }
    assertThat(recv(cfd, sent.length)).isEqualTo(sent);
    assertThat(recv(cfd, content.length, WAITALL)).isEqualTo(content);
  }

  @Test
  void multi_chunk_sendfile() throws IOException {
    for (int[] sizes : CHUNK_AND_EXTRA) {
      int chunk = sizes[0];
      byte[] content = message(chunk, chunk + sizes[1]);
      try (FileChannel file = file(content)) {
        long offset = 0;
        while (offset < content.length) {
          long sent = sendfile(file, offset, Math.min(chunk, content.length - offset));
          assertThat(sent).as("sendfile at %d", offset).isPositive();
          offset += sent;
        }
      }
      assertThat(recv(cfd, content.length, WAITALL)).isEqualTo(content);
      assertThat(recvError(cfd, 1)).isEqualTo(EAGAIN);
    }
  }

  @Test
  void msg_more() {
    byte[] held = message(1, 10);
    byte[] last = message(2, 10);
    assertThat(send(fd, held, MORE)).isEqualTo(10);
    assertThat(recvError(cfd, 10)).isEqualTo(EAGAIN);
    assertThat(send(fd, last)).isEqualTo(10);
    assertThat(recv(cfd, 20, WAITALL)).isEqualTo(concat(held, last));
  }

  @Test
  void cmsg_msg_more() {
    assertThat(sendCmsgError(fd, 100, message(1, 10), MORE)).isEqualTo(EINVAL);
  }

  @Test
  void msg_more_then_cmsg() {
    byte[] held = message(1, 10);
    byte[] control = message(2, 10);
    assertThat(send(fd, held, MORE)).isEqualTo(10);
    assertThat(recvError(cfd, 10)).isEqualTo(EAGAIN);
    assertThat(sendCmsg(fd, 100, control)).isEqualTo(10);
    assertThat(recvCmsg(cfd, APPLICATION_DATA, 20)).isEqualTo(held);
    assertThat(recvCmsg(cfd, 100, 20)).isEqualTo(control);
  }

  @Test
  void msg_more_unsent() {
    assertThat(send(fd, message(1, 10), MORE)).isEqualTo(10);
    assertThat(recvError(cfd, 10)).isEqualTo(EAGAIN);
  }

  @Test
  void msg_eor() {
    byte[] sent = message(1, 10);
    assertThat(send(fd, sent, EOR)).isEqualTo(10);
    assertThat(recv(cfd, 10, WAITALL)).isEqualTo(sent);
  }

  @Test
  void sendmsg_single() {
    byte[] sent = message(1, 13);
    assertThat(sendmsg(fd, iovecs(sent, 1))).isEqualTo(13);
    assertThat(recv(cfd, 13)).isEqualTo(sent);
  }

  @Test
  void sendmsg_fragmented() {
    for (int frags = 1; frags <= 64; frags++) {
      byte[] sent = message(frags, frags * 13);
      assertThat(sendmsg(fd, iovecs(sent, frags))).isEqualTo(sent.length);
      assertThat(recv(cfd, sent.length, WAITALL)).isEqualTo(sent);
    }
  }

  @Test
  void sendmsg_large() {
    byte[] sent = message(1, TLS_PAYLOAD_MAX_LEN);
    for (int i = 0; i < 128; i++) {
      assertThat(sendmsg(fd, Unpooled.wrappedBuffer(sent))).isEqualTo(sent.length);
    }
    for (int i = 0; i < 128; i++) {
      assertThat(recv(cfd, sent.length, WAITALL)).isEqualTo(sent);
    }
    assertThat(recvError(cfd, 1)).isEqualTo(EAGAIN);
  }

  @Test
  void sendmsg_multiple() {
    CompositeByteBuf strings = Unpooled.compositeBuffer();
    byte[] all = message(1, 1 + 2 + 3 + 4 + 5);
    for (int length = 1, at = 0; length <= 5; at += length, length++) {
      strings.addComponent(true, Unpooled.wrappedBuffer(all, at, length));
    }
    assertThat(sendmsg(fd, strings)).isEqualTo(all.length);
    // One record, as one call gathers: its end comes with all of it.
    Calls.Message received = recvCmsg(cfd, all.length);
    assertThat(received.content()).isEqualTo(all);
    assertThat(received.endOfRecord()).isTrue();
  }

  @Test
  void sendmsg_multiple_stress() {
    byte[] sent = message(1, 1024 * 16);
    assertThat(sendmsg(fd, iovecs(sent, 1024))).isEqualTo(sent.length);
    assertThat(recv(cfd, sent.length, WAITALL)).isEqualTo(sent);
  }

  private FileChannel file(byte[] content) throws IOException {
    return FileChannel.open(Files.write(directory.resolve("file"), content));
  }

  private long sendfile(FileChannel file, long offset, long count) throws IOException {
    long sent = accepted(fd.sendFile(file, offset, count));
    fd.flush();
    return sent;
  }
}
