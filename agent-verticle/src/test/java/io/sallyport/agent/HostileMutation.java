package io.sallyport.agent;

import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.tls.ContentType;

/// What a hostile peer does to one of its messages, before it is encrypted.
enum HostileMutation implements HostileRecords.Mutation {
  NONE((records, message) -> records.handshake(message)),

  // ---- Lengths.

  ONE_BYTE_LESS((records, message) -> records.handshake(resized(message, body(message) - 1))),
  HALF((records, message) -> records.handshake(resized(message, body(message) / 2))),
  NO_BODY((records, message) -> records.handshake(resized(message, 0))),
  ONE_BYTE_LESS_THAN_CLAIMED(
      (records, message) -> records.handshake(Arrays.copyOf(message, message.length - 1))),
  HALF_OF_CLAIMED(
      (records, message) -> records.handshake(Arrays.copyOf(message, 4 + body(message) / 2))),
  HEADER_ONLY((records, message) -> records.handshake(Arrays.copyOf(message, 4))),
  ONE_BYTE_MORE((records, message) -> records.handshake(resized(message, body(message) + 1))),
  A_THOUSAND_BYTES_MORE(
      (records, message) -> records.handshake(resized(message, body(message) + 1000))),
  ONE_BYTE_MORE_THAN_CLAIMED((records, message) -> {
    byte[] longer = Arrays.copyOf(message, message.length + 1);
    // No type of message.
    longer[message.length] = 99;
    records.handshake(longer);
  }),
  SIXTEEN_MEGABYTES_CLAIMED((records, message) -> {
    byte[] claiming = message.clone();
    Arrays.fill(claiming, 1, 4, (byte) 0xFF);
    records.handshake(claiming);
  }),

  // ---- Order.

  TWICE((records, message) -> {
    records.handshake(message);
    records.handshake(message);
  }),
  LEFT_OUT((_, _) -> {}),
  BEHIND_THE_NEXT(HostileRecords::hold),
  OF_UNKNOWN_TYPE((records, message) -> {
    byte[] changed = message.clone();
    changed[0] = 99;
    records.handshake(changed);
  }),
  A_KEY_UPDATE_BEFORE((records, message) -> {
    records.handshake(new byte[] {24, 0, 0, 1, 0});
    records.handshake(message);
  }),
  A_HELLO_REQUEST_BEFORE((records, message) -> {
    records.handshake(new byte[4]);
    records.handshake(message);
  }),

  // ---- Fragments.

  EACH_BYTE_A_RECORD((records, message) -> {
    for (byte one : message) {
      records.handshake(new byte[] {one});
    }
  }),
  IN_TWO_RECORDS((records, message) -> {
    records.handshake(head(message));
    records.handshake(tail(message));
  }),

  // ---- What does not belong there.

  A_WARNING_BEFORE((records, message) -> {
    records.record(ContentType.alert, (byte) 1, (byte) 90);
    records.handshake(message);
  }),
  A_WARNING_WITHIN((records, message) -> {
    records.handshake(head(message));
    records.record(ContentType.alert, (byte) 1, (byte) 90);
    records.handshake(tail(message));
  }),
  A_FATAL_ALERT_BEFORE((records, message) -> {
    records.record(ContentType.alert, (byte) 2, (byte) 40);
    records.handshake(message);
  }),
  HALF_AN_ALERT_BEFORE((records, message) -> {
    records.record(ContentType.alert, (byte) 2);
    records.handshake(message);
  }),
  A_CHANGE_CIPHER_SPEC_BEFORE((records, message) -> {
    records.raw(new byte[] {20, 3, 3, 0, 1, 1});
    records.handshake(message);
  }),
  A_CHANGE_CIPHER_SPEC_WITHIN((records, message) -> {
    records.handshake(head(message));
    records.raw(new byte[] {20, 3, 3, 0, 1, 1});
    records.handshake(tail(message));
  }),
  A_CHANGE_CIPHER_SPEC_OF_TWO_BEFORE((records, message) -> {
    records.raw(new byte[] {20, 3, 3, 0, 1, 2});
    records.handshake(message);
  }),
  AN_ENCRYPTED_CHANGE_CIPHER_SPEC_BEFORE((records, message) -> {
    records.record(ContentType.change_cipher_spec, (byte) 1);
    records.handshake(message);
  }),
  AN_EMPTY_RECORD_BEFORE((records, message) -> {
    records.empty();
    records.handshake(message);
  }),
  AN_EMPTY_RECORD_WITHIN((records, message) -> {
    records.handshake(head(message));
    records.empty();
    records.handshake(tail(message));
  }),
  DATA_BEFORE((records, message) -> {
    records.record(ContentType.application_data, (byte) 'x');
    records.handshake(message);
  }),
  A_HEARTBEAT_BEFORE((records, message) -> {
    records.record(ContentType.heartbeat, (byte) 1, (byte) 0, (byte) 0);
    records.handshake(message);
  }),
  A_FORGED_RECORD_BEFORE((records, message) -> {
    records.raw(new byte[] {23, 3, 3, 0, 24});
    records.raw(new byte[24]);
    records.handshake(message);
  }),
  A_LONG_RECORD_BEFORE((records, _) -> records.raw(new byte[] {23, 3, 3, 0x41, 1, 0}));

  @SuppressWarnings("ImmutableEnumChecker") // Lambdas that capture nothing.
  private final HostileRecords.Mutation mutation;

  HostileMutation(HostileRecords.Mutation mutation) {
    this.mutation = mutation;
  }

  @Override
  public void send(HostileRecords records, byte[] message) throws IOException {
    mutation.send(records, message);
  }

  private static int body(byte[] message) {
    return message.length - 4;
  }

  /// The message with a body of `length` bytes; what is new is zero.
  static byte[] resized(byte[] message, int length) {
    byte[] resized = Arrays.copyOf(message, 4 + Math.max(0, length));
    int left = resized.length - 4;
    resized[1] = (byte) (left >> 16);
    resized[2] = (byte) (left >> 8);
    resized[3] = (byte) left;
    return resized;
  }

  private static byte[] head(byte[] message) {
    return Arrays.copyOf(message, message.length / 2);
  }

  private static byte[] tail(byte[] message) {
    return Arrays.copyOfRange(message, message.length / 2, message.length);
  }
}
