package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EBADMSG;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.KtlsErrno.EOPNOTSUPP;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_RX_EXPECT_NO_PAD;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.conformance.Calls.bytes;
import static io.sallyport.ktls.conformance.Calls.cryptoInfo;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.received;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvmsg;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendCmsg;
import static io.sallyport.ktls.conformance.Calls.sendError;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.setTlsError;
import static io.sallyport.ktls.conformance.Calls.u32;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.TlsStat.Counter;
import io.sallyport.ktls.TlsVersion;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls_basic`: the ULP is set, keys are not.
@Fixture("tls_basic")
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsBasicTest {
  private static final byte[] KEY_0 = cryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 0);
  private static final byte[] KEY_1 = cryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 1);

  private SocketPair pair;
  private KtlsSocket fd;
  private KtlsSocket cfd;

  @BeforeEach
  void setUp() {
    pair = SocketPair.withUlp();
    fd = pair.fd;
    cfd = pair.cfd;
  }

  @AfterEach
  void tearDown() {
    pair.close();
  }

  @Test
  void base_base() {
    assertThat(fd.ulp()).isEqualTo("tls");
    assertPlainBytesPass();
  }

  private void assertPlainBytesPass() {
    byte[] plain = message(1, 10);
    assertThat(send(fd, plain)).isEqualTo(10);
    assertThat(recv(cfd, 10)).isEqualTo(plain);
  }

  @Test
  void bad_cipher() {
    byte[] secrets = message(1, 28);
    int tls12 = TlsVersion.TLS_1_2.wire();
    int aesGcm128 = CipherType.AES_GCM_128.number();
    for (int optname : new int[] {TLS_TX, TLS_RX}) {
      assertThat(setTlsError(fd, optname, cryptoInfo(200, aesGcm128, secrets, 0)))
          .isEqualTo(EINVAL);
      for (int unknown : new int[] {10, 50, 59, 70}) {
        assertThat(setTlsError(fd, optname, cryptoInfo(tls12, unknown, secrets, 0)))
            .as("cipher type %d", unknown)
            .isEqualTo(EINVAL);
      }
    }
    // A refused key leaves the socket as it was.
    assertPlainBytesPass();
    setTls(fd, TLS_TX, cryptoInfo(tls12, aesGcm128, secrets, 0));
  }

  @Test
  void recseq_wrap() {
    for (TlsVersion version : TlsVersion.values()) {
      try (SocketPair wrapping = SocketPair.withUlp()) {
        byte[] last = cryptoInfo(version, CipherType.AES_GCM_128, 0, -1L);
        setTls(wrapping.fd, TLS_TX, last);
        setTls(wrapping.cfd, TLS_RX, last);
        assertThat(sendError(wrapping.fd, message(1, 10))).isEqualTo(EBADMSG);
        assertThat(sendError(wrapping.fd, message(1, 10))).isEqualTo(EBADMSG);
        assertThat(wrapping.transport.unsent()).isZero();
      }
    }
  }

  @Test
  void recvmsg_nopad_retry_iov() {
    setTls(fd, TLS_TX, KEY_0);
    setTls(cfd, TLS_RX, KEY_0);
    setTls(cfd, TLS_RX_EXPECT_NO_PAD, u32(1));
    byte[] control = message(1, 10);
    byte[] untouched = message(2, 100);
    sendCmsg(fd, 100, control);

    ByteBuf second = Unpooled.copiedBuffer(untouched);
    CompositeByteBuf iovecs =
        Unpooled.compositeBuffer()
            .addComponent(Unpooled.buffer(10, 10).writeZero(10))
            .addComponent(second);
    assertThat(received(recvmsg(cfd, iovecs, true), iovecs).contentType()).isEqualTo(100);
    assertThat(bytes(iovecs)).isEqualTo(control);
    assertThat(bytes(second)).isEqualTo(untouched);
    assertThat(pair.counter(Counter.TlsDecryptRetry)).isEqualTo(1);
    assertThat(pair.counter(Counter.TlsRxNoPadViolation)).isZero();
  }

  @Test
  void rekey_rx() {
    setTls(fd, TLS_TX, KEY_1);
    setTls(cfd, TLS_RX, KEY_0);
    setTls(cfd, TLS_RX, KEY_1);
    byte[] sent = message(1, 10);
    assertThat(send(fd, sent)).isEqualTo(10);
    assertThat(recv(cfd, 10)).isEqualTo(sent);
    assertThat(pair.counter(Counter.TlsRxRekeyOk)).isEqualTo(1);
  }

  @Test
  void rekey_tx() {
    setTls(fd, TLS_TX, KEY_0);
    setTls(fd, TLS_TX, KEY_1);
    setTls(cfd, TLS_RX, KEY_1);
    byte[] sent = message(1, 10);
    assertThat(send(fd, sent)).isEqualTo(10);
    assertThat(recv(cfd, 10)).isEqualTo(sent);
    assertThat(pair.counter(Counter.TlsTxRekeyOk)).isEqualTo(1);
  }

  /// connect(AF_UNSPEC), which would dissolve the connection, is a channel's connect to the
  /// unspecified address. What Netty calls disconnect is close on every channel of TCP.
  @Test
  void disconnect() throws Exception {
    byte[] queued = message(1, 10);
    byte[] behind = message(2, 10);
    try (LoopbackChannels net = new LoopbackChannels("127.0.0.1")) {
      net.run(() -> setTls(net.fd(), TLS_TX, KEY_0));
      net.run(() -> setTls(net.cfd(), TLS_RX, KEY_0));
      assertThat(net.call(() -> send(net.fd(), queued))).isEqualTo(10);
      net.awaitReadable(net.cfd());
      assertThat(LoopbackChannels.connectErrno(net.cfdChannel(), new InetSocketAddress(0)))
          .isEqualTo(EOPNOTSUPP);
      assertThat(net.call(() -> recv(net.cfd(), 10))).isEqualTo(queued);
      // Netty closes a channel for less.
      assertThat(net.call(() -> send(net.fd(), behind))).isEqualTo(10);
      net.awaitReadable(net.cfd());
      assertThat(net.call(() -> recv(net.cfd(), 10))).isEqualTo(behind);
    }
  }
}
