package io.sallyport.agent;

import io.sallyport.ktls.TlsVersion;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.jspecify.annotations.Nullable;

/// The hash over the messages of a TLS 1.3 handshake (RFC 9846 §4.5.1, 8446 §4.4.1), up to the last
/// one that was seen.
///
/// Bouncy Castle has one too, but not to look at, and not with the client's Finished, which the
/// secret for resumption covers. Keeps the first ClientHello until the server's answer says which
/// hash it is; then a digest. Takes nothing of a TLS 1.2 handshake behind that. Confined to one
/// handshake, which bounds what it is given.
final class Transcript {
  /// A ServerHello with this random is a HelloRetryRequest (RFC 9846 §4.2.3, 8446 §4.1.3).
  private static final byte[] RETRY_RANDOM =
      HexFormat.of().parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");

  private static final int HEADER_LENGTH = 4;
  private static final int RANDOM_AT = 6;
  private static final int RANDOM_END = RANDOM_AT + 32;

  private @Nullable ByteArrayOutputStream beginning = new ByteArrayOutputStream();
  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();

  /// Bytes of `answer` at which it is worth another look.
  private int awaited = HEADER_LENGTH;

  private @Nullable MessageDigest digest;

  /// A part of the client's messages.
  void client(byte[] content, int offset, int length) {
    if (beginning != null) {
      beginning.write(content, offset, length);
    } else {
      update(content, offset, length);
    }
  }

  /// A part of the server's messages, of which the first is its ServerHello.
  void server(byte[] content, int offset, int length) {
    if (beginning == null) {
      update(content, offset, length);
      return;
    }
    answer.write(content, offset, length);
    if (answer.size() < awaited) {
      return;
    }
    byte[] answered = withoutHelloRequests(answer.toByteArray());
    if (isWhole(answered)) {
      begin(answered, beginning.toByteArray());
      beginning = null;
      answer.reset();
      update(answered, 0, answered.length);
    } else {
      answer.reset();
      answer.writeBytes(answered);
      awaited =
          answered.length < HEADER_LENGTH
              ? HEADER_LENGTH
              : HEADER_LENGTH + TlsUtils.readUint24(answered, 1);
    }
  }

  /// A HelloRequest is no part of a handshake (RFC 5246 §7.4.1.1).
  private static byte[] withoutHelloRequests(byte[] messages) {
    int at = 0;
    while (messages.length - at >= HEADER_LENGTH
        && TlsUtils.readInt32(messages, at) == HandshakeType.hello_request << 24) {
      at += HEADER_LENGTH;
    }
    return Arrays.copyOfRange(messages, at, messages.length);
  }

  /// Whether the message at the beginning has come to its end.
  private static boolean isWhole(byte[] messages) {
    return messages.length >= HEADER_LENGTH
        && messages.length >= HEADER_LENGTH + TlsUtils.readUint24(messages, 1);
  }

  private void update(byte[] content, int offset, int length) {
    if (digest != null) {
      digest.update(content, offset, length);
    }
  }

  private void begin(byte[] serverHello, byte[] clientHello) {
    Suite suite = suite(serverHello);
    if (suite == null || suite.version() != TlsVersion.TLS_1_3) {
      return;
    }
    MessageDigest started = JdkHash.digest(algorithm(suite));
    digest = started;
    if (isRetry(serverHello)) {
      byte[] hash = started.digest(clientHello);
      started.update(new byte[] {(byte) HandshakeType.message_hash, 0, 0, (byte) hash.length});
      started.update(hash);
    } else {
      started.update(clientHello);
    }
  }

  /// The suite that a ServerHello names; null for what is none, which nobody will ask the hash of:
  /// a client sees the message before it is judged.
  private static @Nullable Suite suite(byte[] serverHello) {
    if (serverHello.length <= RANDOM_END) {
      return null;
    }
    int suiteAt = RANDOM_END + 1 + (serverHello[RANDOM_END] & 0xFF);
    if (serverHello.length < suiteAt + 2) {
      return null;
    }
    return Suite.find(TlsUtils.readUint16(serverHello, suiteAt));
  }

  private static int algorithm(Suite suite) {
    return switch (Resumption.hashOf(suite)) {
      case SHA256 -> CryptoHashAlgorithm.sha256;
      case SHA384 -> CryptoHashAlgorithm.sha384;
    };
  }

  private static boolean isRetry(byte[] serverHello) {
    return Arrays.equals(serverHello, RANDOM_AT, RANDOM_END, RETRY_RANDOM, 0, RETRY_RANDOM.length);
  }

  /// The hash so far; only of TLS 1.3.
  byte[] hash() {
    if (digest == null) {
      throw new IllegalStateException("no TLS 1.3 handshake has begun");
    }
    return JdkHash.copy(digest).digest();
  }
}
