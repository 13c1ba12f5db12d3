package io.sallyport.envelope;

import io.sallyport.ktls.SecretBytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A sealed body with the data key that opens it, wrapped by one or more key-encryption keys.
///
/// The bytes, big-endian: format 1, length and UTF-8 of the name, version (8), number of slots, and
/// for each slot the id of a key-encryption key (8) and the data key wrapped by it (60); then the
/// body, sealed for exactly what stands before it. Nothing of that can be changed, and no body or
/// slot put into another record, without [#open] refusing it. That a record is the newest of its
/// name is for whoever keeps it to see.
///
/// Immutable; any thread.
public final class SealedRecord {
  /// Bytes of a record; more is refused.
  public static final int LENGTH_MAX = 1 << 20;

  /// Bytes of a name in UTF-8.
  public static final int NAME_LENGTH_MAX = 255;

  private static final byte FORMAT = 1;
  private static final int SLOTS_MAX = KeyEncryptionKeys.COUNT_MAX;
  private static final int SLOT_LENGTH =
      KeyEncryptionKey.ID_LENGTH + KeyEncryptionKey.WRAPPED_LENGTH;

  /// A data key wrapped by the key-encryption key of this id.
  private static final class Slot {
    private final String id;
    private final byte[] wrapped;

    Slot(String id, byte[] wrapped) {
      this.id = id;
      this.wrapped = wrapped;
    }
  }

  private final String name;
  private final long version;
  private final List<Slot> slots;
  private final byte[] head;
  private final byte[] body;

  private SealedRecord(String name, long version, List<Slot> slots, byte[] head, byte[] body) {
    this.name = name;
    this.version = version;
    this.slots = slots;
    this.head = head;
    this.body = body;
  }

  /// Seals `body` under `dataKey`, wrapped by each of `keys`. All of them stay the caller's.
  ///
  /// @param version from 1 on
  /// @throws IllegalArgumentException when something is longer or more than a record holds
  public static SealedRecord seal(
      String name, long version, List<KeyEncryptionKey> keys, DataKey dataKey, SecretBytes body) {
    List<Slot> slots =
        keys.stream().map(key -> new Slot(key.id(), key.wrap(name, dataKey))).toList();
    return assemble(name, version, slots, dataKey, body);
  }

  /// The same name and wrapped data key with another version and body.
  ///
  /// @param dataKey the one of this record, from [#unwrap]
  /// @throws IllegalArgumentException when the body is longer than a record holds
  public SealedRecord reseal(long version, DataKey dataKey, SecretBytes body) {
    return assemble(name, version, slots, dataKey, body);
  }

  private static SealedRecord assemble(
      String name, long version, List<Slot> slots, DataKey dataKey, SecretBytes body) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    if (text.length == 0 || text.length > NAME_LENGTH_MAX || version < 1) {
      throw new IllegalArgumentException("a name of " + text.length + " bytes, version " + version);
    }
    if (slots.isEmpty() || slots.size() > SLOTS_MAX) {
      throw new IllegalArgumentException(slots.size() + " key-encryption keys");
    }
    ByteBuffer out =
        ByteBuffer.allocate(2 + text.length + Long.BYTES + 1 + slots.size() * SLOT_LENGTH);
    out.put(FORMAT).put((byte) text.length).put(text).putLong(version).put((byte) slots.size());
    slots.forEach(slot -> out.put(HexFormat.of().parseHex(slot.id)).put(slot.wrapped));
    byte[] head = out.array();
    if (body.length() > LENGTH_MAX - head.length - DataKey.OVERHEAD) {
      throw new IllegalArgumentException("a body of " + body.length() + " bytes");
    }
    return new SealedRecord(name, version, slots, head, dataKey.seal(head, body));
  }

  /// Reads what can be read without a key.
  public static Opening<SealedRecord> parse(byte[] bytes) {
    if (bytes.length > LENGTH_MAX) {
      return new Opening.Refused<>(Opening.Reason.MALFORMED);
    }
    try {
      SealedRecord record = parse(bytes, ByteBuffer.wrap(bytes));
      return record == null
          ? new Opening.Refused<>(Opening.Reason.MALFORMED)
          : new Opening.Opened<>(record);
    } catch (BufferUnderflowException | CharacterCodingException _) {
      return new Opening.Refused<>(Opening.Reason.MALFORMED);
    }
  }

  private static @Nullable SealedRecord parse(byte[] bytes, ByteBuffer in)
      throws CharacterCodingException {
    if (in.get() != FORMAT) {
      return null;
    }
    byte[] text = take(in, Byte.toUnsignedInt(in.get()));
    String name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    long version = in.getLong();
    int count = Byte.toUnsignedInt(in.get());
    if (name.isEmpty() || version < 1 || count == 0 || count > SLOTS_MAX) {
      return null;
    }
    List<Slot> slots = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < count; i++) {
      String id = HexFormat.of().formatHex(take(in, KeyEncryptionKey.ID_LENGTH));
      slots.add(new Slot(id, take(in, KeyEncryptionKey.WRAPPED_LENGTH)));
      if (!ids.add(id)) {
        return null;
      }
    }
    if (in.remaining() < DataKey.OVERHEAD) {
      return null;
    }
    byte[] head = Arrays.copyOf(bytes, in.position());
    return new SealedRecord(name, version, slots, head, take(in, in.remaining()));
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  /// The name. Nobody vouches for it before [#open].
  public String name() {
    return name;
  }

  /// The version, from 1 on. Nobody vouches for it before [#open].
  public long version() {
    return version;
  }

  /// Ids of the key-encryption keys that the data key is wrapped by.
  public List<String> keyIds() {
    return slots.stream().map(slot -> slot.id).toList();
  }

  /// The data key, which the caller closes.
  public Opening<DataKey> unwrap(KeyEncryptionKeys keys) {
    Opening.Reason reason = Opening.Reason.UNKNOWN_KEY;
    for (Slot slot : slots) {
      Optional<KeyEncryptionKey> key = keys.find(slot.id);
      if (key.isPresent()) {
        DataKey dataKey = key.get().unwrap(name, slot.wrapped);
        if (dataKey != null) {
          return new Opening.Opened<>(dataKey);
        }
        reason = Opening.Reason.FORGED;
      }
    }
    return new Opening.Refused<>(reason);
  }

  /// The body, which the caller closes.
  public Opening<SecretBytes> open(DataKey dataKey) {
    return dataKey.open(head, body);
  }

  /// All of it, as [#parse] reads it.
  public byte[] bytes() {
    return ByteBuffer.allocate(head.length + body.length).put(head).put(body).array();
  }

  @Override
  public String toString() {
    return "SealedRecord(" + name + ", version " + version + ")";
  }
}
