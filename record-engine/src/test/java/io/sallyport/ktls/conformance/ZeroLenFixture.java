package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recvmsg;
import static io.sallyport.ktls.conformance.Calls.send;

import io.netty.buffer.Unpooled;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.ReceivedMessage;
import io.sallyport.ktls.RecvFlag;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.ReferenceRecords;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// The kernel's fixtures with empty records, which its send cannot make: AES-CCM records of TLS 1.2
/// come from elsewhere, and `fd` sends them as they are.
abstract class ZeroLenFixture {
  static final int PAYLOAD = 11;
  private static final int CONTROL_TYPE = ContentType.HANDSHAKE;

  SocketPair pair;
  KtlsSocket cfd;
  private ReferenceRecords peer;

  @BeforeEach
  void setUp() {
    pair = SocketPair.withUlp();
    cfd = pair.cfd;
    peer = new ReferenceRecords(TlsVersion.TLS_1_2, CipherType.AES_CCM_128, 0, new Random(1));
    try (CryptoInfo info = peer.cryptoInfo()) {
      cfd.setRx(info);
    }
  }

  @AfterEach
  void tearDown() {
    pair.close();
  }

  /// Sends the records that a variant's name lists: `data`, `ctrl`, and both empty, with a `0`.
  void inject(String records) {
    for (String record : records.split("_", -1)) {
      int contentType = record.endsWith("data") ? ContentType.APPLICATION_DATA : CONTROL_TYPE;
      int length = record.startsWith("0") ? 0 : PAYLOAD;
      send(pair.fd, peer.seal(contentType, message(1, length)));
    }
  }

  /// The next recvmsg in short: the number of bytes and their type, or the errno.
  String answer(RecvFlag... flags) {
    return switch (recvmsg(cfd, Unpooled.buffer(100, 100), true, flags)) {
      case ReceivedMessage.Failed failed -> failed.errno().name();
      case ReceivedMessage.Message message
          when message.contentType() == ContentType.APPLICATION_DATA ->
          message.length() + " data";
      case ReceivedMessage.Message message when message.contentType() == CONTROL_TYPE ->
          message.length() + " ctrl";
      case ReceivedMessage.Message message -> message.toString();
    };
  }
}
