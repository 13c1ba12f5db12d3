package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.conformance.Calls.cryptoInfo;
import static io.sallyport.ktls.conformance.Calls.setTls;
import static io.sallyport.ktls.conformance.Calls.u32;

import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.SocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// The kernel's fixture `tls`: `fd` has the key to send with, `cfd` the one to receive with.
@Fixture("tls")
abstract class TlsFixture {
  /// Payload of a full record.
  static final int TLS_PAYLOAD_MAX_LEN = 16384;

  final Variant variant;
  SocketPair pair;
  Pipe pipe;
  KtlsSocket fd;
  KtlsSocket cfd;

  TlsFixture(Variant variant) {
    this.variant = variant;
  }

  @BeforeEach
  void setUp() {
    pair = SocketPair.withUlp();
    pipe = new Pipe(pair.engine);
    fd = pair.fd;
    cfd = pair.cfd;
    setTls(fd, SocketOptions.TLS_TX, key(0));
    setTls(cfd, SocketOptions.TLS_RX, key(0));
    if (variant.expectsNoPad()) {
      setTls(cfd, SocketOptions.TLS_RX_EXPECT_NO_PAD, u32(1));
    }
  }

  @AfterEach
  void tearDown() {
    pipe.close();
    pair.close();
  }

  /// The `crypto_info` of a key generation: 0 is installed, 1 is for rekeying.
  byte[] key(int generation) {
    return cryptoInfo(variant.version, variant.cipherType, generation);
  }
}
