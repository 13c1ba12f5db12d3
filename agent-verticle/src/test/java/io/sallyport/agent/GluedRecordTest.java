package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.ServerOnlyTlsAuthentication;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A client that puts more than its Finished into the record of its Finished, or less, under the
/// right keys.
@ExtendWith(LeakCheck.class)
class GluedRecordTest {
  private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};

  /// Instead of more: the Finished in two records.
  private static final byte[] SPLIT = {};

  @TempDir private Path folder;

  private static final class GluingClient extends TlsClientProtocol {
    private final byte[] extra;

    GluingClient(byte[] extra) {
      this.extra = extra;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // SPLIT is a mark, not a content.
    protected void writeRecord(short type, byte[] content, int offset, int length)
        throws IOException {
      if (type != ContentType.handshake || content[offset] != HandshakeType.finished) {
        super.writeRecord(type, content, offset, length);
        return;
      }
      if (extra == SPLIT) {
        super.writeRecord(type, content, offset, 4);
        super.writeRecord(type, content, offset + 4, length - 4);
        return;
      }
      byte[] glued =
          Arrays.copyOf(
              Arrays.copyOfRange(content, offset, offset + length), length + extra.length);
      System.arraycopy(extra, 0, glued, length, extra.length);
      super.writeRecord(type, glued, 0, glued.length);
    }

    byte[] flight() {
      byte[] bytes = new byte[getAvailableOutputBytes()];
      readOutput(bytes, 0, bytes.length);
      return bytes;
    }
  }

  private HandshakeAnswer run(TlsVersion version, byte[] extra) throws Exception {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    try (LocalKeyringStore store = new LocalKeyringStore();
        AgentResources resources = AgentResources.of(store, InstantSource.system())) {
      HandshakeRequest request =
          new HandshakeRequest(
              HandshakeKind.SERVER_HELLO_X509,
              null,
              "web",
              KeySerial.NONE,
              KeySerial.NONE,
              List.of(),
              TlsPolicy.DEFAULT.withVersions(version, version),
              "test",
              "");
      try (Handshake server =
          Handshake.of(
              request,
              files.keyring(store, "web", "site"),
              JdkTlsCrypto.probe(new SecureRandom()),
              resources)) {
        GluingClient client = new GluingClient(extra);
        client.connect(
            new DefaultTlsClient(new BcTlsCrypto(new SecureRandom())) {
              @Override
              public TlsAuthentication getAuthentication() {
                return new ServerOnlyTlsAuthentication() {
                  @Override
                  public void notifyServerCertificate(TlsServerCertificate certificate) {}
                };
              }
            });
        while (true) {
          HandshakeAnswer answer = server.receive(Unpooled.wrappedBuffer(client.flight()));
          if (!(answer instanceof HandshakeAnswer.NeedInput)) {
            return answer;
          }
          client.offerInput(ByteBufUtil.getBytes(answer.output()));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TlsVersion.class)
  void isRefused(TlsVersion version) throws Exception {
    for (byte[] extra : List.of(KEY_UPDATE, new byte[] {24}, new byte[] {1, 0, 0, 0})) {
      HandshakeAnswer answer = run(version, extra);
      assertThat(answer).isInstanceOf(HandshakeAnswer.Refused.class);
      assertThat(((HandshakeAnswer.Refused) answer).outcome().detail())
          .isEqualTo("peer sent data behind a finished in the same record");
      assertThat(answer.output().isReadable()).isTrue();
    }
  }

  @Test
  void aFinishedInTwoRecordsIsRefusedWhereItWouldShiftTheSequenceNumbers() throws Exception {
    HandshakeAnswer tls12 = run(TlsVersion.TLS_1_2, SPLIT);
    assertThat(tls12).isInstanceOf(HandshakeAnswer.Refused.class);
    assertThat(((HandshakeAnswer.Refused) tls12).outcome().detail())
        .isEqualTo("peer sent 2 encrypted records in its handshake, not one");
    HandshakeAnswer tls13 = run(TlsVersion.TLS_1_3, SPLIT);
    assertThat(tls13).isInstanceOf(HandshakeAnswer.Established.class);
    tls13.discard();
  }

  @Test
  void theSameClientWithoutItIsNot() throws Exception {
    for (TlsVersion version : TlsVersion.values()) {
      HandshakeAnswer answer = run(version, new byte[0]);
      assertThat(answer).isInstanceOf(HandshakeAnswer.Established.class);
      answer.discard();
    }
  }
}
