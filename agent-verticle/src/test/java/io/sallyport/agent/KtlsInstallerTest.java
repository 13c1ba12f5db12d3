package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// RFC 8448 §3, whose every byte is known: from the client's traffic secret to its first record.
@ExtendWith(LeakCheck.class)
class KtlsInstallerTest {
  private static final String CLIENT_APPLICATION_TRAFFIC_SECRET_0 =
      "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";

  private static final String CLIENT_RECORD =
      "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20"
          + "441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";

  @Test
  void theTrafficSecretOfRfc8448MakesTheRecordOfRfc8448() throws Exception {
    byte[] plaintext = new byte[50];
    for (int i = 0; i < plaintext.length; i++) {
      plaintext[i] = (byte) i;
    }
    byte[] secret = HexFormat.of().parseHex(CLIENT_APPLICATION_TRAFFIC_SECRET_0);
    for (BcTlsCrypto crypto :
        new BcTlsCrypto[] {
          new BcTlsCrypto(new SecureRandom()), new JdkTlsCrypto(new SecureRandom())
        }) {
      TlsSecret trafficSecret = crypto.createSecret(secret);
      MemoryTransport transport = new MemoryTransport();
      KtlsSocket socket =
          new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe()).socket(transport);
      try (CryptoInfo info =
          KtlsInstaller.fromTrafficSecret(
              trafficSecret, CryptoHashAlgorithm.sha256, CipherType.AES_GCM_128)) {
        socket.setTx(info);
      }
      socket.send(Unpooled.copiedBuffer(plaintext));
      assertThat(HexFormat.of().formatHex(transport.takeSent())).isEqualTo(CLIENT_RECORD);
      socket.close();
      transport.release();
    }
  }
}
