package io.sallyport.agent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.HandshakeType;

/// The records of a hostile peer on their way out, of whose handshake messages one is to be
/// mutated. Bouncy Castle writes each message of these handshakes as one record.
final class HostileRecords {
  /// Seals a record and sends it.
  interface Sealer {
    void seal(short type, byte[] content) throws IOException;
  }

  /// What is done to the record of a message.
  interface Mutation {
    void send(HostileRecords records, byte[] message) throws IOException;
  }

  private final int target;
  private final Mutation mutation;
  private final HostileCrypto crypto;
  private final Sealer sealer;
  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();
  private final List<String> messages = new ArrayList<>();
  private byte[] held = {};

  /// @param target number of the message to mutate, from 0
  HostileRecords(int target, Mutation mutation, HostileCrypto crypto, Sealer sealer) {
    this.target = target;
    this.mutation = mutation;
    this.crypto = crypto;
    this.sealer = sealer;
  }

  /// The names of the messages so far, without mutations.
  List<String> messages() {
    return messages;
  }

  /// What is to be sent; empty afterwards.
  byte[] take() throws IOException {
    release();
    byte[] taken = wire.toByteArray();
    wire.reset();
    return taken;
  }

  /// Bouncy Castle writes a record.
  void write(short type, byte[] content, int offset, int length) throws IOException {
    byte[] record = Arrays.copyOfRange(content, offset, offset + length);
    if (type != ContentType.handshake) {
      sealer.seal(type, record);
      return;
    }
    messages.add(HandshakeType.getName((short) (record[0] & 0xFF)));
    if (messages.size() - 1 == target) {
      mutation.send(this, record);
    } else {
      handshake(record);
      release();
    }
  }

  /// Sends a record of a handshake under whatever keys are in force.
  void handshake(byte[] content) throws IOException {
    sealer.seal(ContentType.handshake, content);
  }

  /// The same for a record of any type.
  void record(int type, byte... content) throws IOException {
    sealer.seal((short) type, content);
  }

  /// A record of a handshake with nothing in it.
  void empty() throws IOException {
    int before = wire.size();
    crypto.hideHandshakeType(true);
    sealer.seal(ContentType.application_data, new byte[0]);
    crypto.hideHandshakeType(false);
    byte[] all = wire.toByteArray();
    if (all.length == before + RecordReader.HEADER_LENGTH) {
      // There are no keys yet.
      all[before] = ContentType.handshake;
      wire.reset();
      wire.write(all);
    }
  }

  /// Puts bytes on the wire as they are.
  void raw(byte[] bytes) {
    wire.writeBytes(bytes);
  }

  /// Sends a message behind the next one.
  void hold(byte[] message) {
    held = message;
  }

  private void release() throws IOException {
    if (held.length > 0) {
      byte[] released = held;
      held = new byte[0];
      handshake(released);
    }
  }
}
