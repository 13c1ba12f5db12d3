package io.sallyport.envelope;

import io.sallyport.ktls.SecretBytes;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Keys and secrets for tests.
final class TestKeys {
  static final SecureRandom RANDOM = new SecureRandom();

  private TestKeys() {}

  /// A key of 32 times this byte.
  static KeyEncryptionKey kek(int fill) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) fill);
    return KeyEncryptionKey.of(SecretBytes.wiping(bytes), RANDOM);
  }

  static SecretBytes secret(byte[] bytes) {
    return SecretBytes.wiping(bytes.clone());
  }

  static byte[] random(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /// What a result has, as an array; the secret is closed.
  static byte[] opened(Opening<SecretBytes> opening) {
    return switch (opening) {
      case Opening.Opened<SecretBytes>(SecretBytes secret) -> {
        try (secret) {
          byte[] bytes = new byte[secret.length()];
          secret.reveal().getBytes(0, bytes);
          yield bytes;
        }
      }
      case Opening.Refused<SecretBytes>(Opening.Reason reason) ->
          throw new AssertionError("refused: " + reason);
    };
  }

  /// Why it was refused; null when it was not, and what was opened is closed.
  static Opening.@Nullable Reason refused(Opening<? extends AutoCloseable> opening) {
    return switch (opening) {
      case Opening.Opened<? extends AutoCloseable>(AutoCloseable value) -> {
        try {
          value.close();
        } catch (Exception e) {
          throw new AssertionError(e);
        }
        yield null;
      }
      case Opening.Refused<? extends AutoCloseable>(Opening.Reason reason) -> reason;
    };
  }
}
