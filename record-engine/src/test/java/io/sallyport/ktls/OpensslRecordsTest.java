package io.sallyport.ktls;

import static io.sallyport.testing.Certificates.KeyKind.P256;
import static io.sallyport.testing.Certificates.KeyKind.RSA;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.testing.Certificates;
import io.sallyport.testing.RecordedSession;
import io.sallyport.testing.TrafficKeys;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Goal: the engine understands the records of OpenSSL and makes the same. Method: a session
/// between the `openssl` programs is recorded and opened with the keys of its file of secrets; then
/// the engine seals the same plaintexts, which must give the recorded bytes.
class OpensslRecordsTest {
  private static final int FINISHED = 20;

  /// Cipher suites, by OpenSSL's names.
  enum Suite {
    AES_128_GCM("TLS_AES_128_GCM_SHA256", TlsVersion.TLS_1_3, CipherType.AES_GCM_128, P256),
    AES_256_GCM("TLS_AES_256_GCM_SHA384", TlsVersion.TLS_1_3, CipherType.AES_GCM_256, P256),
    CHACHA20(
        "TLS_CHACHA20_POLY1305_SHA256", TlsVersion.TLS_1_3, CipherType.CHACHA20_POLY1305, P256),
    AES_128_CCM("TLS_AES_128_CCM_SHA256", TlsVersion.TLS_1_3, CipherType.AES_CCM_128, P256),
    ECDSA_AES_128_GCM(
        "ECDHE-ECDSA-AES128-GCM-SHA256", TlsVersion.TLS_1_2, CipherType.AES_GCM_128, P256),
    ECDSA_AES_256_GCM(
        "ECDHE-ECDSA-AES256-GCM-SHA384", TlsVersion.TLS_1_2, CipherType.AES_GCM_256, P256),
    ECDSA_CHACHA20(
        "ECDHE-ECDSA-CHACHA20-POLY1305", TlsVersion.TLS_1_2, CipherType.CHACHA20_POLY1305, P256),
    ECDSA_AES_128_CCM("ECDHE-ECDSA-AES128-CCM", TlsVersion.TLS_1_2, CipherType.AES_CCM_128, P256),
    RSA_ARIA_128_GCM("ECDHE-ARIA128-GCM-SHA256", TlsVersion.TLS_1_2, CipherType.ARIA_GCM_128, RSA),
    RSA_ARIA_256_GCM("ECDHE-ARIA256-GCM-SHA384", TlsVersion.TLS_1_2, CipherType.ARIA_GCM_256, RSA);

    private final String opensslName;
    private final TlsVersion version;
    private final CipherType cipherType;
    private final Certificates.KeyKind keyKind;

    Suite(
        String opensslName,
        TlsVersion version,
        CipherType cipherType,
        Certificates.KeyKind keyKind) {
      this.opensslName = opensslName;
      this.version = version;
      this.cipherType = cipherType;
      this.keyKind = keyKind;
    }

    List<String> options() {
      return switch (version) {
        case TLS_1_3 -> List.of("-tls1_3", "-ciphersuites", opensslName);
        case TLS_1_2 -> List.of("-tls1_2", "-cipher", opensslName);
      };
    }

    TrafficKeys keys(RecordedSession session) {
      return new TrafficKeys(
          cipherType, opensslName.endsWith("SHA384") ? "SHA384" : "SHA256", session.keyLog());
    }
  }

  /// A record as the engine found it.
  @SuppressWarnings("ArrayRecordComponent") // Compared by its parts only.
  private record Opened(int contentType, byte[] plaintext) {}

  @ParameterizedTest
  @EnumSource
  void theRecordsOfOpensslOpenAndAreSealedAlike(Suite suite, @TempDir Path folder) {
    Certificates.Pair certificate =
        new Certificates(folder).issue("server", suite.keyKind, "localhost");
    List<String> lines = List.of("x", text(100), text(16_000), "y");
    RecordedSession session = RecordedSession.of(folder, certificate, suite.options(), lines);
    String said = String.join("\n", lines) + "\nCLOSE\n";
    StringBuilder answered = new StringBuilder();
    lines.forEach(line -> answered.append(RecordedSession.reversed(line)));
    for (AeadBackend backend : AeadBackend.values()) {
      switch (suite.version) {
        case TLS_1_3 -> {
          tls13(backend, suite, session, true, said);
          tls13(backend, suite, session, false, answered.toString());
        }
        case TLS_1_2 -> {
          tls12(backend, suite, session, true, said);
          tls12(backend, suite, session, false, answered.toString());
        }
      }
    }
  }

  /// First come the records of the handshake, under its own keys, up to the Finished.
  private static void tls13(
      AeadBackend backend, Suite suite, RecordedSession session, boolean client, String expected) {
    String side = client ? "CLIENT_" : "SERVER_";
    TrafficKeys keys = suite.keys(session);
    List<byte[]> encrypted =
        records(client ? session.fromClient() : session.fromServer()).stream()
            .filter(record -> record[0] == ContentType.APPLICATION_DATA)
            .toList();
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setRx(keys.tls13(side + "HANDSHAKE_TRAFFIC_SECRET"));
      ByteArrayOutputStream handshake = new ByteArrayOutputStream();
      int count = 0;
      while (!isFinished(handshake.toByteArray())) {
        it.receive(encrypted.get(count++));
        Opened opened = open(it);
        assertThat(opened.contentType()).isEqualTo(ContentType.HANDSHAKE);
        handshake.writeBytes(opened.plaintext());
      }
      it.setRx(keys.tls13(side + "TRAFFIC_SECRET_0"));
      List<byte[]> application = encrypted.subList(count, encrypted.size());
      List<Opened> opened = openAll(it, application);
      assertData(opened, expected);
      assertSealedAlike(backend, keys.tls13(side + "TRAFFIC_SECRET_0"), opened, application);
    }
  }

  /// The first record behind the change_cipher_spec is the Finished, with sequence number 0.
  private static void tls12(
      AeadBackend backend, Suite suite, RecordedSession session, boolean client, String expected) {
    TrafficKeys keys = suite.keys(session);
    List<byte[]> application =
        records(client ? session.fromClient() : session.fromServer()).stream()
            .dropWhile(record -> record[0] != ContentType.CHANGE_CIPHER_SPEC)
            .skip(2)
            .toList();
    // Behind the header of the record, that of the message, and the version.
    byte[] serverRandom = Arrays.copyOfRange(session.fromServer(), 5 + 4 + 2, 5 + 4 + 2 + 32);
    byte[] firstNonce =
        Arrays.copyOfRange(
            application.getFirst(),
            RecordHeader.LENGTH,
            RecordHeader.LENGTH + suite.cipherType.explicitNonceLength(TlsVersion.TLS_1_2));
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setRx(keys.tls12(serverRandom, client, new byte[firstNonce.length]));
      List<Opened> opened = openAll(it, application);
      assertData(opened, expected);
      assertSealedAlike(backend, keys.tls12(serverRandom, client, firstNonce), opened, application);
    }
  }

  private static List<Opened> openAll(SocketFixture it, List<byte[]> records) {
    List<Opened> opened = new ArrayList<>();
    for (byte[] record : records) {
      it.receive(record);
      opened.add(open(it));
    }
    assertThat(it.engine.stat().value(TlsStat.Counter.TlsDecryptError)).isZero();
    return opened;
  }

  private static Opened open(SocketFixture it) {
    Received received = it.socket.recv();
    return switch (received) {
      case Received.ApplicationData data ->
          new Opened(ContentType.APPLICATION_DATA, SocketFixture.take(data.content()));
      case Received.Control control ->
          new Opened(control.contentType(), SocketFixture.take(control.content()));
      case Received.Failed _, Received.Nothing _ ->
          throw new AssertionError("the record gives " + received);
    };
  }

  private static void assertData(List<Opened> records, String expected) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    records.stream()
        .filter(record -> record.contentType() == ContentType.APPLICATION_DATA)
        .forEach(record -> data.writeBytes(record.plaintext()));
    assertThat(data.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected);
  }

  private static void assertSealedAlike(
      AeadBackend backend, CryptoInfo keys, List<Opened> plaintexts, List<byte[]> records) {
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setTx(keys);
      for (Opened plaintext : plaintexts) {
        if (plaintext.contentType() == ContentType.APPLICATION_DATA) {
          it.socket.send(SocketFixture.direct(plaintext.plaintext()));
        } else {
          it.socket.sendControl(
              plaintext.contentType(), SocketFixture.direct(plaintext.plaintext()));
        }
      }
      assertThat(it.sentRecords()).containsExactlyElementsOf(records);
    }
  }

  /// Whether the last of these whole messages is a Finished.
  private static boolean isFinished(byte[] messages) {
    ByteBuffer rest = ByteBuffer.wrap(messages);
    int type = -1;
    while (rest.remaining() >= 4 && rest.remaining() - 4 >= messageLength(rest)) {
      type = rest.get(rest.position());
      rest.position(rest.position() + 4 + messageLength(rest));
    }
    return type == FINISHED && !rest.hasRemaining();
  }

  /// A handshake message is a type, its length in three bytes, and its body.
  private static int messageLength(ByteBuffer messages) {
    return messages.getInt(messages.position()) & 0xffffff;
  }

  private static List<byte[]> records(byte[] stream) {
    List<byte[]> records = new ArrayList<>();
    int at = 0;
    while (at < stream.length) {
      int length = 5 + ((stream[at + 3] & 255) << 8 | (stream[at + 4] & 255));
      records.add(Arrays.copyOfRange(stream, at, at + length));
      at += length;
    }
    return records;
  }

  /// Letters that are no command of the programs and end no line.
  private static String text(int length) {
    StringBuilder text = new StringBuilder();
    new Random(length).ints(length, 'a', 'z' + 1).forEach(letter -> text.append((char) letter));
    return text.toString();
  }
}
