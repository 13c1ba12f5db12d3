package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.spi.merge.MergingValue;
import io.sallyport.envelope.DataKey;
import io.sallyport.envelope.KeyEncryptionKey;
import io.sallyport.envelope.SealedRecord;
import io.sallyport.ktls.SecretBytes;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What is kept when parts of a cluster meet again.
final class NewestMergePolicyTest {
  private final NewestMergePolicy policy = new NewestMergePolicy();

  private static final class Value implements MergingValue<Object> {
    private final Object value;

    Value(Object value) {
      this.value = value;
    }

    @Override
    public Object getDeserializedValue() {
      return value;
    }

    @Override
    public Object getRawValue() {
      return value;
    }
  }

  private static byte[] manifest(long version) {
    SecureRandom random = new SecureRandom();
    try (KeyEncryptionKey key = KeyEncryptionKey.of(SecretBytes.wiping(new byte[32]), random);
        DataKey dataKey = DataKey.generate(random);
        SecretBytes body = SecretBytes.wiping(new byte[8])) {
      return SealedRecord.seal("web", version, List.of(key), dataKey, body).bytes();
    }
  }

  private @Nullable Object merge(Object merging, Object existing) {
    return policy.merge(new Value(merging), new Value(existing));
  }

  @Test
  void theNewerManifestIsKeptWhicheverSideHasIt() {
    byte[] older = manifest(1_700_000_000_001L);
    byte[] newer = manifest(1_700_000_000_002L);
    assertThat(merge(newer, older)).isSameAs(newer);
    assertThat(merge(older, newer)).isSameAs(newer);
  }

  @Test
  void ofTwoManifestsOfOneVersionTheOneThatIsThereStays() {
    byte[] there = manifest(7);
    assertThat(merge(manifest(7), there)).isSameAs(there);
  }

  @Test
  void whatOnlyOneSideHasIsKept() {
    byte[] only = manifest(1);
    assertThat(policy.merge(new Value(only), null)).isSameAs(only);
  }

  @Test
  void serialsAreNotGivenTwice() {
    assertThat(merge(4097L, 8193L)).isEqualTo(8193L);
    assertThat(merge(8193L, 4097L)).isEqualTo(8193L);
  }

  @Test
  void whatIsNoManifestNeverTakesThePlaceOfOne() {
    byte[] there = manifest(1);
    assertThat(merge(new byte[] {1, 2, 3}, there)).isSameAs(there);
    assertThat(merge("text", there)).isSameAs(there);
    assertThat(merge(there, "text")).isSameAs(there);
  }
}
