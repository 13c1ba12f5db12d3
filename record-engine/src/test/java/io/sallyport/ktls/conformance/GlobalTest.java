package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EBADMSG;
import static io.sallyport.ktls.KtlsErrno.EBUSY;
import static io.sallyport.ktls.KtlsErrno.EEXIST;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.KtlsErrno.EMSGSIZE;
import static io.sallyport.ktls.KtlsErrno.ENOTCONN;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.SendFlag.MORE;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_RX_EXPECT_NO_PAD;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.SocketOptions.TLS_TX_MAX_PAYLOAD_LEN;
import static io.sallyport.ktls.conformance.Calls.cryptoInfo;
import static io.sallyport.ktls.conformance.Calls.errno;
import static io.sallyport.ktls.conformance.Calls.getTls;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.setTlsError;
import static io.sallyport.ktls.conformance.Calls.setUlp;
import static io.sallyport.ktls.conformance.Calls.slice;
import static io.sallyport.ktls.conformance.Calls.u16;
import static io.sallyport.ktls.conformance.Calls.u32;
import static io.sallyport.testing.ReferenceRecords.concat;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.ReferenceRecords;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The kernel's cases without a fixture.
@Fixture("global")
@SuppressWarnings("MemberName") // The names are the kernel's.
class GlobalTest {
  private static final int ALL = 64 << 10;

  private final SocketPair pair = new SocketPair();
  private final ReferenceRecords peer =
      new ReferenceRecords(TlsVersion.TLS_1_2, CipherType.AES_GCM_128, 0, new Random(1));

  @AfterEach
  void tearDown() {
    pair.close();
  }

  @Test
  void tls_12_tx_max_payload_len() {
    startSendingTo(peer);
    setTls(pair.fd, TLS_TX_MAX_PAYLOAD_LEN, u16(128));
    assertThat(getTls(pair.fd, TLS_TX_MAX_PAYLOAD_LEN, 2)).isEqualTo(u16(128));
    byte[] sent = message(1, 1000);
    assertThat(send(pair.fd, sent)).isEqualTo(1000);
    List<byte[]> payloads = payloadsOnTheWire();
    assertThat(payloads).allSatisfy(payload -> assertThat(payload).hasSizeBetween(1, 128));
    assertThat(concat(payloads.toArray(byte[][]::new))).isEqualTo(sent);
  }

  @Test
  void tls_12_tx_max_payload_len_open_rec() {
    startSendingTo(peer);
    setTls(pair.fd, TLS_TX_MAX_PAYLOAD_LEN, u16(512));
    byte[] held = message(1, 256);
    byte[] sent = message(2, 1000);
    assertThat(send(pair.fd, held, MORE)).isEqualTo(256);
    assertThat(setTlsError(pair.fd, TLS_TX_MAX_PAYLOAD_LEN, u16(128))).isEqualTo(EBUSY);
    assertThat(getTls(pair.fd, TLS_TX_MAX_PAYLOAD_LEN, 2)).isEqualTo(u16(512));
    assertThat(send(pair.fd, sent)).isEqualTo(1000);
    List<byte[]> payloads = payloadsOnTheWire();
    assertThat(payloads).extracting(payload -> payload.length).containsExactly(512, 512, 232);
    assertThat(concat(payloads.toArray(byte[][]::new))).isEqualTo(concat(held, sent));
  }

  /// Not connected and listening are one here: a transport that is not established.
  @Test
  void non_established() {
    pair.transport.setEstablished(false);
    assertThat(errno(() -> setUlp(pair.fd))).isEqualTo(ENOTCONN);
    assertThat(pair.fd.ulp()).isEmpty();
    pair.transport.setEstablished(true);
    setUlp(pair.fd);
    assertThat(errno(() -> setUlp(pair.fd))).isEqualTo(EEXIST);
  }

  @Test
  void keysizes() {
    byte[] key = cryptoInfo(TlsVersion.TLS_1_2, CipherType.AES_GCM_256, 0);
    assertThat(key).hasSize(56);
    setUlp(pair.fd);
    setTls(pair.fd, TLS_TX, key);
    setTls(pair.fd, TLS_RX, key);
    assertThat(getTls(pair.fd, TLS_TX, 56)).isEqualTo(key);
    assertThat(getTls(pair.fd, TLS_RX, 56)).isEqualTo(key);
  }

  @Test
  void no_pad() {
    byte[] key = cryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 0);
    setUlp(pair.cfd);
    setTls(pair.cfd, TLS_RX, key);
    for (int value : new int[] {1, 0}) {
      setTls(pair.cfd, TLS_RX_EXPECT_NO_PAD, u32(value));
      assertThat(getTls(pair.cfd, TLS_RX_EXPECT_NO_PAD, 4)).isEqualTo(u32(value));
    }
  }

  /// getsockname is the address of the channel, which stays an ordinary one of IPv6 under TLS.
  @Test
  void tls_v6ops() throws Exception {
    byte[] key = cryptoInfo(TlsVersion.TLS_1_2, CipherType.AES_GCM_128, 0);
    byte[] sent = message(1, 10);
    try (LoopbackChannels net = new LoopbackChannels("::1")) {
      var address = net.fdChannel().localAddress();
      net.run(() -> {
        setTls(net.fd(), TLS_TX, key);
        setTls(net.cfd(), TLS_RX, key);
      });
      assertThat(net.fdChannel().localAddress()).isEqualTo(address);
      assertThat(net.cfdChannel().remoteAddress()).isEqualTo(address);
      assertThat(net.call(() -> send(net.fd(), sent))).isEqualTo(10);
      net.awaitReadable(net.cfd());
      assertThat(net.call(() -> recv(net.cfd(), 10))).isEqualTo(sent);
    }
  }

  @Test
  void prequeue() {
    byte[] key = cryptoInfo(TlsVersion.TLS_1_2, CipherType.AES_GCM_256, 0);
    byte[] sent = message(1, 20_000);
    setUlp(pair.fd);
    setTls(pair.fd, TLS_TX, key);
    assertThat(send(pair.fd, sent)).isEqualTo(sent.length);
    setUlp(pair.cfd);
    setTls(pair.cfd, TLS_RX, key);
    assertThat(recv(pair.cfd, sent.length, WAITALL)).isEqualTo(sent);
  }

  /// A reader that is inside recv when the key comes has its bytes already: they are not the
  /// engine's any more, which begins in the middle of a record and says so.
  @Test
  void data_steal() {
    byte[] key = cryptoInfo(TlsVersion.TLS_1_2, CipherType.AES_GCM_256, 0);
    setUlp(pair.fd);
    setTls(pair.fd, TLS_TX, key);
    assertThat(send(pair.fd, message(1, 20_000))).isEqualTo(20_000);
    assertThat(recv(pair.cfd, 10_000)).hasSize(10_000);
    setUlp(pair.cfd);
    setTls(pair.cfd, TLS_RX, key);
    assertThat(recvError(pair.cfd, ALL)).isIn(EMSGSIZE, EBADMSG, EINVAL);
  }

  private void startSendingTo(ReferenceRecords receiver) {
    setUlp(pair.fd);
    try (CryptoInfo info = receiver.cryptoInfo()) {
      pair.fd.setTx(info);
    }
  }

  /// What each record holds that has arrived at `cfd`, which has no key.
  private List<byte[]> payloadsOnTheWire() {
    byte[] wire = recv(pair.cfd, ALL);
    List<byte[]> payloads = new ArrayList<>();
    int at = 0;
    while (at < wire.length) {
      int length = 5 + ByteBuffer.wrap(wire).getShort(at + 3);
      payloads.add(peer.open(slice(wire, at, length)).plaintext());
      at += length;
    }
    return payloads;
  }
}
