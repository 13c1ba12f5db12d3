package io.sallyport.audit;

import io.sallyport.keyring.KeySerial;
import java.time.Instant;
import java.util.Random;

/// Key uses for tests.
final class Uses {
  static final Instant TIME = Instant.parse("2026-03-01T12:00:00.250Z");

  private Uses() {}

  /// A use that tells its number by its key's serial.
  static KeyUse numbered(int number) {
    return new KeyUse(
        TIME,
        "edge-2",
        "listener https",
        "web",
        new KeySerial(number),
        KeyUse.Operation.TLS13_CERTIFICATE_VERIFY,
        "www.example.com",
        new KeyUse.Done());
  }

  /// A use with nothing in it that anybody would want.
  static KeyUse random(Random random) {
    KeyUse.Reason[] reasons = KeyUse.Reason.values();
    KeyUse.Operation[] operations = KeyUse.Operation.values();
    return new KeyUse(
        Instant.ofEpochMilli(random.nextLong(4_000_000_000_000L)),
        text(random),
        text(random),
        text(random),
        new KeySerial(random.nextInt()),
        operations[random.nextInt(operations.length)],
        random.nextBoolean() ? text(random) : null,
        random.nextBoolean()
            ? new KeyUse.Done()
            : new KeyUse.Refused(reasons[random.nextInt(reasons.length)]));
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(300); left > 0; left--) {
      text.append((char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(0x10000)));
    }
    return text.toString();
  }
}
