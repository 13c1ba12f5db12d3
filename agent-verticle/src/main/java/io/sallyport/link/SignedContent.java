package io.sallyport.link;

import io.sallyport.audit.KeyUse.Operation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// What a holder of private keys signs for others: handshakes and nothing else. A member that asks
/// for a signature sends what is to be signed and not its digest, and the holder looks at its form.
final class SignedContent {
  private static final int PAD_LENGTH = 64;
  private static final byte PAD = 0x20;
  private static final byte[] SERVER =
      "TLS 1.3, server CertificateVerify\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CLIENT =
      "TLS 1.3, client CertificateVerify\0".getBytes(StandardCharsets.US_ASCII);

  private static final int RANDOMS_LENGTH = 64;
  private static final int NAMED_CURVE = 3;

  private static final int MESSAGE_HEADER_LENGTH = 4;
  private static final int CLIENT_HELLO = 1;
  private static final int CLIENT_KEY_EXCHANGE = 16;

  private SignedContent() {}

  /// Which form this is; empty when it is none.
  static Optional<Operation> operation(byte[] content) {
    if (isTls13(content, SERVER) || isTls13(content, CLIENT)) {
      return Optional.of(Operation.TLS13_CERTIFICATE_VERIFY);
    }
    if (isServerKeyExchange(content)) {
      return Optional.of(Operation.TLS12_SERVER_KEY_EXCHANGE);
    }
    return areMessages(content)
        ? Optional.of(Operation.TLS12_CERTIFICATE_VERIFY)
        : Optional.empty();
  }

  private static boolean isTls13(byte[] content, byte[] context) {
    int hashAt = PAD_LENGTH + context.length;
    int hashLength = content.length - hashAt;
    if (hashLength != 32 && hashLength != 48) {
      return false;
    }
    for (int i = 0; i < PAD_LENGTH; i++) {
      if (content[i] != PAD) {
        return false;
      }
    }
    return Arrays.equals(content, PAD_LENGTH, hashAt, context, 0, context.length);
  }

  private static boolean isServerKeyExchange(byte[] content) {
    int pointAt = RANDOMS_LENGTH + 4;
    return content.length > pointAt
        && content[RANDOMS_LENGTH] == NAMED_CURVE
        && content.length == pointAt + (content[pointAt - 1] & 0xFF);
  }

  /// From a ClientHello to a ClientKeyExchange, whole messages only.
  private static boolean areMessages(byte[] content) {
    int at = 0;
    int type = 0;
    while (at + MESSAGE_HEADER_LENGTH <= content.length) {
      type = content[at];
      if (at == 0 && type != CLIENT_HELLO) {
        return false;
      }
      int length =
          (content[at + 1] & 0xFF) << 16 | (content[at + 2] & 0xFF) << 8 | (content[at + 3] & 0xFF);
      at += MESSAGE_HEADER_LENGTH + length;
    }
    return at == content.length && type == CLIENT_KEY_EXCHANGE;
  }
}
