package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.KtlsErrno.EBADMSG;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.KtlsErrno.EMSGSIZE;
import static io.sallyport.ktls.KtlsErrno.EOPNOTSUPP;
import static io.sallyport.ktls.PollEvent.IN;
import static io.sallyport.ktls.SendFlag.OOB;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.conformance.Calls.cryptoInfo;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendCmsg;
import static io.sallyport.ktls.conformance.Calls.sendError;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.slice;
import static io.sallyport.testing.ReferenceRecords.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.KtlsSocket;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// The kernel's fixture `tls_err`: records are taken from the wire of one pair, where `cfd` has no
/// key, and go, changed or cut, into another pair, where `fd2` has none.
@Fixture("tls_err")
@ParameterizedClass(name = "{0}")
@EnumSource(
    value = Variant.class,
    names = {"TLS_12_AES_GCM", "TLS_13_AES_GCM"})
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsErrTest {
  private static final int ALL = 64 << 10;

  private final Variant variant;
  private SocketPair captured;
  private SocketPair injected;
  private Pipe pipe;
  private KtlsSocket fd;
  private KtlsSocket cfd;
  private KtlsSocket fd2;
  private KtlsSocket cfd2;

  TlsErrTest(Variant variant) {
    this.variant = variant;
  }

  @BeforeEach
  void setUp() {
    captured = SocketPair.withUlp();
    injected = SocketPair.withUlp();
    pipe = new Pipe(injected.engine);
    fd = captured.fd;
    cfd = captured.cfd;
    fd2 = injected.fd;
    cfd2 = injected.cfd;
    byte[] key = cryptoInfo(variant.version, variant.cipherType, 0);
    setTls(fd, TLS_TX, key);
    setTls(cfd2, TLS_RX, key);
  }

  @AfterEach
  void tearDown() {
    pipe.close();
    captured.close();
    injected.close();
  }

  @Test
  void bad_rec() {
    byte[] garbage = new byte[64];
    Arrays.fill(garbage, (byte) 0x55);
    send(fd2, garbage);
    assertThat(recvError(cfd2, ALL)).isEqualTo(EMSGSIZE);
    assertThat(recvError(cfd2, ALL)).isEqualTo(EAGAIN);
  }

  @Test
  void bad_auth() {
    injectBrokenRecord();
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
  }

  @Test
  void bad_auth_splice() {
    injectBrokenRecord();
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
    assertThat(pipe.spliceFromError(cfd2, ALL)).isEqualTo(EBADMSG);
    assertThat(pipe.spliceFromError(cfd2, ALL)).isEqualTo(EBADMSG);
  }

  @Test
  void bad_in_large_read() {
    byte[] first = message(1, 12);
    byte[] second = message(2, 12);
    send(fd2, concat(dataRecord(first), dataRecord(second), broken(dataRecord(message(3, 12)))));
    assertThat(recv(cfd2, ALL)).isEqualTo(concat(first, second));
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
  }

  @Test
  void bad_cmsg() {
    byte[] good = message(1, 12);
    byte[] data = dataRecord(good);
    sendCmsg(fd, 100, message(2, 12));
    send(fd2, concat(data, broken(recv(cfd, ALL))));
    assertThat(recv(cfd2, ALL)).isEqualTo(good);
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
    assertThat(recvError(cfd2, ALL)).isEqualTo(EBADMSG);
  }

  /// Nobody waits here, so no wait can run out: two readers without data both hear so at once, and
  /// what one of them gets later is not the other's too.
  @Test
  void timeo() {
    assertThat(recvError(cfd2, 10)).isEqualTo(EAGAIN);
    assertThat(recvError(cfd2, 10)).isEqualTo(EAGAIN);
    byte[] sent = message(1, 10);
    send(fd2, dataRecord(sent));
    assertThat(recv(cfd2, 10)).isEqualTo(sent);
    assertThat(recvError(cfd2, 10)).isEqualTo(EAGAIN);
  }

  @Test
  void poll_partial_rec() {
    byte[] sent = message(1, 256);
    byte[] record = dataRecord(sent);
    send(fd2, slice(record, 0, 100));
    assertThat(cfd2.poll()).doesNotContain(IN);
    send(fd2, slice(record, 100, record.length - 100));
    assertThat(cfd2.poll()).contains(IN);
    assertThat(recv(cfd2, 256)).isEqualTo(sent);
  }

  /// epoll's notification is the callback; one that comes early is seen to be so only by reading.
  @Test
  void epoll_partial_rec() {
    byte[] sent = message(1, 256);
    byte[] record = dataRecord(sent);
    Watcher epoll = Watcher.of(cfd2);
    send(fd2, slice(record, 0, 100));
    assertThat(epoll.wasWoken()).isFalse();
    assertThat(recvError(cfd2, 256)).isEqualTo(EAGAIN);
    send(fd2, slice(record, 100, record.length - 100));
    assertThat(epoll.wasWoken()).isTrue();
    assertThat(recv(cfd2, 256)).isEqualTo(sent);
  }

  /// A process asleep in poll reads as soon as it is woken, so it reads in the callback.
  @Test
  void poll_partial_rec_async() {
    byte[] sent = message(1, 256);
    byte[] record = dataRecord(sent);
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    cfd2.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            assertThat(cfd2.poll()).contains(IN);
            received.writeBytes(recv(cfd2, 256));
          }

          @Override
          public void writeSpace() {}
        });
    for (int at = 0; at < record.length; at++) {
      assertThat(received.size()).as("bytes received after %d of the record", at).isZero();
      send(fd2, slice(record, at, 1));
    }
    assertThat(received.toByteArray()).isEqualTo(sent);
  }

  /// There is no urgent data on a channel: to send it is refused.
  @Test
  void oob_pressure() {
    byte[] garbage = message(1, ALL);
    for (int i = 0; i < 10; i++) {
      assertThat(sendError(fd2, new byte[1], OOB)).isEqualTo(EOPNOTSUPP);
      send(fd2, garbage);
    }
    assertThat(recvError(cfd2, ALL)).isIn(EMSGSIZE, EBADMSG, EINVAL);
    for (int i = 0; i < 10; i++) {
      KtlsErrno later = recvError(cfd2, ALL);
      assertThat(later).isEqualTo(EAGAIN);
    }
  }

  /// What `fd` puts on the wire for `data`.
  private byte[] dataRecord(byte[] data) {
    send(fd, data);
    return recv(cfd, ALL);
  }

  private void injectBrokenRecord() {
    send(fd2, broken(dataRecord(message(1, 12))));
  }

  private static byte[] broken(byte[] record) {
    record[record.length - 1]++;
    return record;
  }
}
