package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.KtlsErrno.EISCONN;
import static io.sallyport.ktls.SendFlag.MORE;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.conformance.Calls.getTls;
import static io.sallyport.ktls.conformance.Calls.getTlsError;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.slice;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.KtlsSocket;
import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls`: the end of a socket, and its keys read back.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsSocketTest extends TlsFixture {
  private static final int VERSION_AND_CIPHER_LENGTH = 4;

  TlsSocketTest(Variant variant) {
    super(variant);
  }

  @Test
  void shutdown() {
    byte[] sent = message(1, 10);
    assertThat(send(fd, sent)).isEqualTo(10);
    assertThat(recv(cfd, 10)).isEqualTo(sent);
    shutdownBothWays(fd);
    assertThat(recv(cfd, 10)).isEmpty();
    shutdownBothWays(cfd);
    assertThat(recv(fd, 10)).isEmpty();
  }

  @Test
  void shutdown_unsent() {
    assertThat(send(fd, message(1, 10), MORE)).isEqualTo(10);
    assertThat(recvError(cfd, 10)).isEqualTo(EAGAIN);
    shutdownBothWays(fd);
    assertThat(recv(cfd, 10)).isEmpty();
    shutdownBothWays(cfd);
    assertThat(recv(fd, 10)).isEmpty();
  }

  /// Only connect is asked: a channel has nothing like listen, and binds once in its life.
  @Test
  void shutdown_reuse() throws Exception {
    byte[] sent = message(1, 10);
    try (LoopbackChannels net = new LoopbackChannels("127.0.0.1")) {
      net.run(() -> setTls(net.fd(), TLS_TX, key(0)));
      net.run(() -> setTls(net.cfd(), TLS_RX, key(0)));
      assertThat(net.call(() -> send(net.fd(), sent))).isEqualTo(10);
      net.awaitReadable(net.cfd());
      assertThat(net.call(() -> recv(net.cfd(), 10))).isEqualTo(sent);
      net.run(() -> shutdownBothWays(net.fd()));
      assertThat(LoopbackChannels.connectErrno(net.fdChannel(), net.fdChannel().remoteAddress()))
          .isEqualTo(EISCONN);
    }
  }

  @Test
  void getsockopt() {
    byte[] key = key(0);
    assertThat(getTls(fd, TLS_TX, VERSION_AND_CIPHER_LENGTH))
        .isEqualTo(slice(key, 0, VERSION_AND_CIPHER_LENGTH));
    assertThat(getTls(fd, TLS_TX, key.length)).isEqualTo(key);
    assertThat(getTlsError(fd, TLS_TX, VERSION_AND_CIPHER_LENGTH - 1)).isEqualTo(EINVAL);
    assertThat(getTlsError(fd, TLS_TX, key.length - 1)).isEqualTo(EINVAL);
  }

  /// shutdown(SHUT_RDWR).
  private static void shutdownBothWays(KtlsSocket socket) {
    socket.shutdownInput();
    socket.shutdownOutput();
  }
}
