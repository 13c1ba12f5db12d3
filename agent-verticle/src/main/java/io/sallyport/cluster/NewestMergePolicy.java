package io.sallyport.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import io.sallyport.envelope.Opening;
import io.sallyport.envelope.SealedRecord;
import org.jspecify.annotations.Nullable;

/// When parts of a cluster meet: keeps of two manifests of a keyring the one with the higher
/// version, of two counters the higher one, and of what only one part has that. A removed keyring
/// has a manifest, too, so nothing older takes its place.
///
/// It looks at what stands in the clear and vouches for nothing; who opens a manifest does.
///
/// Hazelcast makes it, on every member, by the name of its class. No state; any thread.
public final class NewestMergePolicy
    implements SplitBrainMergePolicy<Object, MergingValue<Object>, Object> {
  /// Of a value that is neither.
  private static final long NO_RANK = -1;

  @Override
  public @Nullable Object merge(
      MergingValue<Object> merging, @Nullable MergingValue<Object> existing) {
    if (existing == null) {
      return merging.getRawValue();
    }
    return rank(merging.getDeserializedValue()) > rank(existing.getDeserializedValue())
        ? merging.getRawValue()
        : existing.getRawValue();
  }

  private static long rank(@Nullable Object value) {
    return switch (value) {
      case Long counter -> counter;
      case byte[] manifest ->
          switch (SealedRecord.parse(manifest)) {
            case Opening.Opened<SealedRecord>(SealedRecord record) -> record.version();
            case Opening.Refused<SealedRecord> _ -> NO_RANK;
          };
      case null, default -> NO_RANK;
    };
  }

  @Override
  public void writeData(ObjectDataOutput out) {}

  @Override
  public void readData(ObjectDataInput in) {}
}
