package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EBUSY;
import static io.sallyport.ktls.KtlsErrno.EINVAL;
import static io.sallyport.ktls.SocketOptions.TLS_RX;
import static io.sallyport.ktls.SocketOptions.TLS_TX;
import static io.sallyport.ktls.conformance.Calls.cryptoInfo;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvKeyUpdate;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendKeyUpdate;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.setTlsError;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.TlsStat.Counter;
import io.sallyport.ktls.TlsVersion;
import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls`: keys that are refused, in every variant.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsRekeyFailTest extends TlsFixture {
  TlsRekeyFailTest(Variant variant) {
    super(variant);
  }

  @Test
  void rekey_fail() {
    assertDataFlows(1);
    if (variant.version == TlsVersion.TLS_1_2) {
      // TLS 1.2 has no KeyUpdate: a second key is one too many, whatever it is.
      assertRefusedBothWays(EBUSY, key(1));
      assertRefusedCounters(1);
    } else {
      sendKeyUpdate(fd);
      setTls(fd, TLS_TX, key(1));
      recvKeyUpdate(cfd);
      setTls(cfd, TLS_RX, key(1));
      assertDataFlows(2);
      assertRefusedBothWays(EINVAL, cryptoInfo(TlsVersion.TLS_1_2, variant.cipherType, 1));
      assertRefusedBothWays(EINVAL, cryptoInfo(variant.version, otherCipher(), 1));
      assertRefusedCounters(2);
    }
    assertDataFlows(3);
  }

  private CipherType otherCipher() {
    return variant.cipherType == CipherType.CHACHA20_POLY1305
        ? CipherType.AES_GCM_256
        : CipherType.CHACHA20_POLY1305;
  }

  private void assertRefusedBothWays(KtlsErrno errno, byte[] key) {
    assertThat(setTlsError(fd, TLS_TX, key)).isEqualTo(errno);
    assertThat(setTlsError(cfd, TLS_RX, key)).isEqualTo(errno);
  }

  private void assertRefusedCounters(int times) {
    assertThat(pair.counter(Counter.TlsTxRekeyError)).isEqualTo(times);
    assertThat(pair.counter(Counter.TlsRxRekeyError)).isEqualTo(times);
  }

  private void assertDataFlows(int seed) {
    byte[] sent = message(seed, 30);
    assertThat(send(fd, sent)).isEqualTo(30);
    assertThat(recv(cfd, 30)).isEqualTo(sent);
  }
}
