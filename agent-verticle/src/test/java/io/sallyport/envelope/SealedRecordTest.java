package io.sallyport.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class SealedRecordTest {
  private static final byte[] BODY = "who may use it".getBytes(StandardCharsets.US_ASCII);

  private final KeyEncryptionKeys both =
      new KeyEncryptionKeys(List.of(TestKeys.kek(1), TestKeys.kek(2)));
  private final KeyEncryptionKeys second = new KeyEncryptionKeys(List.of(TestKeys.kek(2)));
  private final KeyEncryptionKeys third = new KeyEncryptionKeys(List.of(TestKeys.kek(3)));
  private final DataKey dataKey = DataKey.generate(TestKeys.RANDOM);

  @AfterEach
  void close() {
    List.of(both, second, third).forEach(KeyEncryptionKeys::close);
    dataKey.close();
  }

  private SealedRecord record(String name, long version, KeyEncryptionKeys keys) {
    try (SecretBytes body = TestKeys.secret(BODY)) {
      List<KeyEncryptionKey> all =
          keys.ids().stream().map(id -> keys.find(id).orElseThrow()).toList();
      return SealedRecord.seal(name, version, all, dataKey, body);
    }
  }

  private static SealedRecord parsed(byte[] bytes) {
    return switch (SealedRecord.parse(bytes)) {
      case Opening.Opened<SealedRecord>(SealedRecord record) -> record;
      case Opening.Refused<SealedRecord>(Opening.Reason reason) ->
          throw new AssertionError("refused: " + reason);
    };
  }

  /// What comes of bytes that may be anything: null when the body opens.
  private static Opening.@Nullable Reason reason(byte[] bytes, KeyEncryptionKeys keys) {
    return switch (SealedRecord.parse(bytes)) {
      case Opening.Refused<SealedRecord>(Opening.Reason reason) -> reason;
      case Opening.Opened<SealedRecord>(SealedRecord record) ->
          switch (record.unwrap(keys)) {
            case Opening.Refused<DataKey>(Opening.Reason reason) -> reason;
            case Opening.Opened<DataKey>(DataKey key) -> {
              try (key) {
                yield TestKeys.refused(record.open(key));
              }
            }
          };
    };
  }

  @Test
  void eitherKeyEncryptionKeyOpensARecord() {
    byte[] bytes = record("web", 7, both).bytes();
    SealedRecord record = parsed(bytes);
    assertThat(record.name()).isEqualTo("web");
    assertThat(record.version()).isEqualTo(7);
    assertThat(record.keyIds()).isEqualTo(both.ids());
    assertThat(record.bytes()).isEqualTo(bytes);
    assertThat(TestKeys.opened(record.open(dataKey))).isEqualTo(BODY);
    assertThat(reason(bytes, both)).isNull();
    assertThat(reason(bytes, second)).isNull();
    assertThat(reason(bytes, third)).isEqualTo(Opening.Reason.UNKNOWN_KEY);
  }

  @Test
  void recordThatIsResealedKeepsItsDataKey() {
    SealedRecord record = parsed(record("web", 7, second).bytes());
    try (SecretBytes body = TestKeys.secret(new byte[] {9})) {
      SealedRecord next = record.reseal(8, dataKey, body);
      assertThat(next.keyIds()).isEqualTo(second.ids());
      assertThat(next.version()).isEqualTo(8);
      assertThat(reason(next.bytes(), second)).isNull();
      assertThat(TestKeys.opened(next.open(dataKey))).containsExactly(9);
    }
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] bytes = record("web", 7, both).bytes();
    for (int length = 0; length < bytes.length; length++) {
      assertThat(reason(Arrays.copyOf(bytes, length), both)).as("%d bytes", length).isNotNull();
    }
    assertThat(reason(Arrays.copyOf(bytes, bytes.length + 1), both))
        .isEqualTo(Opening.Reason.FORGED);
    assertThat(reason(new byte[SealedRecord.LENGTH_MAX + 1], both))
        .isEqualTo(Opening.Reason.MALFORMED);
  }

  @Test
  void everyFlippedBitIsRefused() {
    byte[] bytes = record("web", 7, both).bytes();
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] changed = bytes.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(reason(changed, both)).as("bit %d", bit).isNotNull();
    }
  }

  @Test
  void nothingOfOneRecordFitsIntoAnother() {
    byte[] one = record("web", 7, second).bytes();
    byte[] other = record("api", 7, second).bytes();
    int slots = 2 + 3 + 8 + 1;
    for (int from : new int[] {slots, slots + 8 + 60}) {
      byte[] mixed = one.clone();
      System.arraycopy(other, from, mixed, from, one.length - from);
      assertThat(reason(mixed, second)).isEqualTo(Opening.Reason.FORGED);
    }
  }

  @Test
  void whateverComesIsRefusedWithoutAnException() {
    Seeds.forEach(
        2000,
        random -> {
          byte[] bytes = TestKeys.random(random, random.nextInt(300));
          if (bytes.length > 0) {
            bytes[0] = 1;
          }
          assertThat(reason(bytes, both)).isNotNull();
        });
  }

  @Test
  void recordHasANameAVersionAndAtLeastOneKey() {
    assertThatIllegalArgumentException().isThrownBy(() -> record("", 1, second));
    assertThatIllegalArgumentException().isThrownBy(() -> record("x".repeat(256), 1, second));
    assertThatIllegalArgumentException().isThrownBy(() -> record("web", 0, second));
    try (KeyEncryptionKeys none = new KeyEncryptionKeys(List.of());
        SecretBytes large = TestKeys.secret(new byte[SealedRecord.LENGTH_MAX])) {
      assertThatIllegalArgumentException().isThrownBy(() -> record("web", 1, none));
      SealedRecord record = record("web", 1, second);
      assertThatIllegalArgumentException().isThrownBy(() -> record.reseal(2, dataKey, large));
    }
  }

  @Test
  void ringRefusesTwinsAndCrowds() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new KeyEncryptionKeys(List.of(TestKeys.kek(1), TestKeys.kek(1))))
        .withMessageContaining("twice");
    List<KeyEncryptionKey> nine = IntStream.rangeClosed(1, 9).mapToObj(TestKeys::kek).toList();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new KeyEncryptionKeys(nine))
        .withMessageContaining("expected at most 8");
  }
}
