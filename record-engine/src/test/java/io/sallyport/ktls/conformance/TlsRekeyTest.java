package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.KtlsErrno.EIO;
import static io.sallyport.ktls.KtlsErrno.EKEYEXPIRED;
import static io.sallyport.ktls.PollEvent.IN;
import static io.sallyport.ktls.RecvFlag.PEEK;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.conformance.Calls.getTls;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.recvKeyUpdate;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendKeyUpdate;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// The kernel's fixture `tls`: KeyUpdates.
///
/// Only the variants of TLS 1.3 are here. In the others the kernel's cases return at once and pass,
/// which says nothing.
@ParameterizedClass(name = "{0}")
@EnumSource(value = Variant.class, mode = EnumSource.Mode.MATCH_ANY, names = "TLS_13_.*")
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsRekeyTest extends TlsFixture {
  private static final byte[] BEFORE = message(1, 25);
  private static final byte[] AFTER = message(2, 24);

  TlsRekeyTest(Variant variant) {
    super(variant);
  }

  @Test
  void rekey() {
    assertThat(send(fd, BEFORE)).isEqualTo(BEFORE.length);
    assertThat(recv(cfd, BEFORE.length)).isEqualTo(BEFORE);
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    assertThat(send(fd, AFTER)).isEqualTo(AFTER.length);

    assertThat(recvError(cfd, 100)).isEqualTo(EIO);
    recvKeyUpdate(cfd);
    // The kernel asks once blocking and once not; here there is only the latter.
    assertThat(recvError(cfd, 100)).isEqualTo(EKEYEXPIRED);
    assertThat(recvError(cfd, 100)).isEqualTo(EKEYEXPIRED);

    setTls(cfd, TLS_RX, key(1));
    assertThat(recv(cfd, 100)).isEqualTo(AFTER);
  }

  @Test
  void rekey_peek() {
    assertThat(send(fd, BEFORE)).isEqualTo(BEFORE.length);
    assertThat(recv(cfd, BEFORE.length, PEEK)).isEqualTo(BEFORE);
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    assertThat(recv(cfd, 100, PEEK)).isEqualTo(BEFORE);
    assertThat(recv(cfd, 100)).isEqualTo(BEFORE);

    assertThat(recvError(cfd, 100, PEEK)).isEqualTo(EIO);
    recvKeyUpdate(cfd, PEEK);
    recvKeyUpdate(cfd);

    setTls(cfd, TLS_RX, key(1));
    assertThat(send(fd, AFTER)).isEqualTo(AFTER.length);
    assertThat(recv(cfd, 100)).isEqualTo(AFTER);
  }

  @Test
  void splice_rekey() {
    byte[] first = message(3, TLS_PAYLOAD_MAX_LEN);
    byte[] second = message(4, TLS_PAYLOAD_MAX_LEN);
    assertThat(send(fd, first)).isEqualTo(first.length);
    assertThat(pipe.spliceFrom(cfd, first.length)).isEqualTo(first);
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    assertThat(send(fd, second)).isEqualTo(second.length);

    assertThat(pipe.spliceFromError(cfd, second.length)).isEqualTo(EINVAL);
    recvKeyUpdate(cfd);
    assertThat(pipe.spliceFromError(cfd, second.length)).isEqualTo(EKEYEXPIRED);

    setTls(cfd, TLS_RX, key(1));
    assertThat(pipe.spliceFrom(cfd, second.length)).isEqualTo(second);
  }

  @Test
  void rekey_peek_splice() {
    assertThat(send(fd, BEFORE)).isEqualTo(BEFORE.length);
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    assertThat(recv(cfd, 100, PEEK, WAITALL)).isEqualTo(BEFORE);
    assertThat(pipe.spliceFrom(cfd, 100)).isEqualTo(BEFORE);
    recvKeyUpdate(cfd);
  }

  @Test
  void rekey_getsockopt() {
    int length = key(0).length;
    assertThat(getTls(fd, TLS_TX, length)).isEqualTo(key(0));
    assertThat(getTls(cfd, TLS_RX, length)).isEqualTo(key(0));
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    recvKeyUpdate(cfd);
    setTls(cfd, TLS_RX, key(1));
    assertThat(getTls(fd, TLS_TX, length)).isEqualTo(key(1));
    assertThat(getTls(cfd, TLS_RX, length)).isEqualTo(key(1));
  }

  /// A process asleep in poll is the callback.
  @Test
  void rekey_poll_pending() {
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    assertThat(send(fd, AFTER)).isEqualTo(AFTER.length);
    recvKeyUpdate(cfd);
    Watcher poll = Watcher.of(cfd);
    assertThat(cfd.poll()).doesNotContain(IN);
    assertThat(recvError(cfd, 100)).isEqualTo(EKEYEXPIRED);
    assertThat(poll.wasWoken()).isFalse();

    setTls(cfd, TLS_RX, key(1));
    pair.turn();
    assertThat(poll.wasWoken()).isTrue();
    assertThat(cfd.poll()).contains(IN);
    assertThat(recv(cfd, 100)).isEqualTo(AFTER);
  }

  @Test
  void rekey_poll_delay() {
    sendKeyUpdate(fd);
    setTls(fd, TLS_TX, key(1));
    recvKeyUpdate(cfd);
    Watcher poll = Watcher.of(cfd);
    assertThat(cfd.poll()).doesNotContain(IN);

    setTls(cfd, TLS_RX, key(1));
    assertThat(cfd.poll()).doesNotContain(IN);
    assertThat(poll.wasWoken()).isFalse();
    assertThat(send(fd, AFTER)).isEqualTo(AFTER.length);
    assertThat(poll.wasWoken()).isTrue();
    assertThat(cfd.poll()).contains(IN);
    assertThat(recv(cfd, 100)).isEqualTo(AFTER);
  }
}
