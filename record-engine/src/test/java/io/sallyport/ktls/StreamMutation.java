package io.sallyport.ktls;

import static io.sallyport.testing.ReferenceRecords.concat;

import java.util.Arrays;
import java.util.Random;

/// What becomes of a stream on its way through a network that is hostile.
enum StreamMutation {
  NONE,
  TRUNCATED,
  BIT_FLIPPED,
  BYTES_CHANGED,
  LENGTH_LIE,
  TYPE_LIE,
  VERSION_LIE,
  RECORD_DROPPED,
  RECORD_REPEATED,
  RECORDS_SWAPPED,
  BYTES_INSERTED,
  BYTES_DELETED,
  GARBAGE_BEHIND;

  private static final StreamMutation[] ALL = values();
  private static final int[] LENGTHS = {
    0, 1, 15, 16, 17, 23, 24, 16384, 16401, 16408, 16409, 65535
  };

  static byte[] any(PeerStream stream, Random random) {
    return ALL[random.nextInt(ALL.length)].apply(stream, random);
  }

  private byte[] apply(PeerStream stream, Random random) {
    byte[] wire = stream.wire;
    int record = random.nextInt(stream.records.size());
    int start = stream.start(record);
    int end = stream.records.get(record).end();
    int anywhere = random.nextInt(wire.length);
    return switch (this) {
      case NONE -> wire;
      case TRUNCATED -> Arrays.copyOf(wire, anywhere);
      case BIT_FLIPPED -> changed(wire, anywhere, wire[anywhere] ^ 1 << random.nextInt(8));
      case BYTES_CHANGED -> {
        byte[] changed = wire;
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
          changed = changed(changed, random.nextInt(wire.length), random.nextInt());
        }
        yield changed;
      }
      case LENGTH_LIE -> {
        int length = ((wire[start + 3] & 255) << 8) + (wire[start + 4] & 255);
        int lie =
            random.nextBoolean()
                ? LENGTHS[random.nextInt(LENGTHS.length)]
                : length + random.nextInt(9) - 4;
        yield changed(changed(wire, start + 3, lie >> 8), start + 4, lie);
      }
      case TYPE_LIE -> changed(wire, start, 20 + random.nextInt(6));
      case VERSION_LIE -> changed(wire, start + 1 + random.nextInt(2), random.nextInt(5));
      case RECORD_DROPPED -> concat(upTo(wire, start), from(wire, end));
      case RECORD_REPEATED -> concat(upTo(wire, end), from(wire, start));
      case RECORDS_SWAPPED -> {
        int next = stream.records.get((record + 1) % stream.records.size()).end();
        yield next <= end
            ? wire
            : concat(
                upTo(wire, start),
                Arrays.copyOfRange(wire, end, next),
                Arrays.copyOfRange(wire, start, end),
                from(wire, next));
      }
      case BYTES_INSERTED ->
          concat(upTo(wire, anywhere), garbage(random, 20), from(wire, anywhere));
      case BYTES_DELETED ->
          concat(
              upTo(wire, anywhere),
              from(wire, Math.min(wire.length, anywhere + 1 + random.nextInt(30))));
      case GARBAGE_BEHIND -> concat(wire, garbage(random, 60));
    };
  }

  private static byte[] changed(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private static byte[] garbage(Random random, int most) {
    byte[] garbage = new byte[1 + random.nextInt(most)];
    random.nextBytes(garbage);
    return garbage;
  }

  private static byte[] upTo(byte[] bytes, int end) {
    return Arrays.copyOf(bytes, end);
  }

  private static byte[] from(byte[] bytes, int start) {
    return Arrays.copyOfRange(bytes, start, bytes.length);
  }
}
