package io.sallyport.ktls.differential;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.ReferenceRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/// A sequence of calls on one socket and events on its wire, fixed before either endpoint sees it.
///
/// Each method that is named like a call adds that call. The peer's records are made here, so the
/// sequence numbers they carry are the script's.
// Longer than 400 lines because it has a method for each thing that can be called or happen.
final class Script {

  /// One call or event.
  ///
  /// @param text what it does, for the report
  /// @param call does it
  record Step(String text, Function<Endpoint, String> call) {}

  /// What one step led to.
  ///
  /// @param result what the call itself answered
  /// @param poll what `poll` answered behind it, empty where the script does not ask
  /// @param counters those that the step has moved
  record Answer(String result, String poll, String counters) {
    @Override
    public String toString() {
      return result
          + (poll.isEmpty() ? "" : "; poll " + poll)
          + (counters.isEmpty() ? "" : "; " + counters);
    }
  }

  static final int ALERT = 21;
  static final int HANDSHAKE = 22;
  static final int DATA = 23;

  private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};

  private final String name;
  private final Keys tx;
  private final Keys rx;
  private final List<Step> steps = new ArrayList<>();
  private boolean connected = true;
  private boolean closed;
  private int polled;
  private Keys peerKeys;
  private ReferenceRecords peer;

  /// All keys come from `seed`.
  Script(String name, TlsVersion version, CipherType cipherType, long seed) {
    this.name = name;
    tx = new Keys(version, cipherType, seed * 1000, 0);
    rx = new Keys(version, cipherType, seed * 1000 + 500, 0);
    peerKeys = rx;
    peer = rx.records();
  }

  String name() {
    return name;
  }

  List<Step> steps() {
    return steps;
  }

  boolean isConnected() {
    return connected;
  }

  /// The keys that the socket sends with first.
  Keys tx() {
    return tx;
  }

  /// The keys that the peer sends with first.
  Keys rx() {
    return rx;
  }

  TlsVersion version() {
    return tx.version();
  }

  CipherType cipherType() {
    return tx.cipherType();
  }

  /// Runs every step; the answers, one for each. A step that throws is the last.
  List<Answer> run(Endpoint endpoint) {
    List<Answer> answers = new ArrayList<>();
    Map<String, Long> before = endpoint.counters();
    for (int i = 0; i < steps.size(); i++) {
      String result;
      String poll;
      try {
        result = steps.get(i).call().apply(endpoint);
        poll = i < polled ? endpoint.poll() : "";
      } catch (RuntimeException | AssertionError e) {
        answers.add(new Answer("threw " + e + " at " + e.getStackTrace()[0], "", ""));
        return answers;
      }
      Map<String, Long> after = endpoint.counters();
      answers.add(new Answer(result, poll, moved(before, after)));
      before = after;
    }
    return answers;
  }

  private static String moved(Map<String, Long> before, Map<String, Long> after) {
    StringBuilder text = new StringBuilder();
    after.forEach((counter, value) -> {
      long by = value - before.getOrDefault(counter, 0L);
      if (by != 0) {
        text.append(text.isEmpty() ? "" : " ").append(counter);
        text.append(by > 0 ? "+" : "").append(by);
      }
    });
    return text.toString();
  }

  private Script step(String text, Function<Endpoint, String> call) {
    steps.add(new Step(text, call));
    if (connected && !closed) {
      polled = steps.size();
    }
    return this;
  }

  private Script event(String text, Consumer<Endpoint> event) {
    return step(
        text,
        endpoint -> {
          event.accept(endpoint);
          return "done";
        });
  }

  // Options.

  /// The socket of this script is connected to nothing.
  Script unconnected() {
    connected = false;
    return this;
  }

  Script setsockopt(String text, int level, int option, byte... value) {
    return step("set " + text, endpoint -> endpoint.setsockopt(level, option, value));
  }

  Script ulp(String ulp) {
    return setsockopt(
        "TCP_ULP \"" + ulp.replace("\0", "\\0") + "\"",
        Linux.SOL_TCP,
        Linux.TCP_ULP,
        ulp.getBytes(StandardCharsets.US_ASCII));
  }

  Script getUlp(int length) {
    return step(
        "get TCP_ULP with room for " + length,
        endpoint -> endpoint.getsockopt(Linux.SOL_TCP, Linux.TCP_ULP, length));
  }

  Script setTx(Keys keys) {
    return setTls("TLS_TX " + keys, Linux.TLS_TX, keys.struct());
  }

  Script setRx(Keys keys) {
    return setTls("TLS_RX " + keys, Linux.TLS_RX, keys.struct());
  }

  /// The first keys of both directions.
  Script bothKeys() {
    return ulp("tls").setTx(tx).setRx(rx);
  }

  Script setTls(String text, int option, byte... value) {
    return setsockopt(text, Linux.SOL_TLS, option, value);
  }

  /// An option of SOL_TLS that is one number, in `length` bytes.
  Script setNumber(String text, int option, int value, int length) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    return setTls(
        text + " = " + value + " in " + length + " bytes", option, Arrays.copyOf(bytes, length));
  }

  Script zeroCopyRo(int value, int length) {
    return setNumber("TLS_TX_ZEROCOPY_RO", Linux.TLS_TX_ZEROCOPY_RO, value, length);
  }

  Script expectNoPad(int value, int length) {
    return setNumber("TLS_RX_EXPECT_NO_PAD", Linux.TLS_RX_EXPECT_NO_PAD, value, length);
  }

  Script maxPayload(int value, int length) {
    return setNumber("TLS_TX_MAX_PAYLOAD_LEN", Linux.TLS_TX_MAX_PAYLOAD_LEN, value, length);
  }

  Script getTls(int option, int length) {
    return step(
        "get SOL_TLS " + option + " with room for " + length,
        endpoint -> endpoint.getsockopt(Linux.SOL_TLS, option, length));
  }

  /// All of TLS_TX or TLS_RX: the live nonce and sequence number among it.
  Script getKeys(int option) {
    return getTls(option, tx.structLength());
  }

  Script receiveLowWaterMark(int bytes) {
    byte[] value = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes).array();
    return setsockopt("SO_RCVLOWAT = " + bytes, Linux.SOL_SOCKET, Linux.SO_RCVLOWAT, value);
  }

  Script soError() {
    return step("SO_ERROR", Endpoint::soError);
  }

  // Sending.

  Script send(String text) {
    return send(text.getBytes(StandardCharsets.US_ASCII), 0);
  }

  Script send(int length) {
    return send(length, 0);
  }

  Script send(int length, int flags) {
    return send(pattern(length), flags);
  }

  private Script send(byte[] data, int flags) {
    return step(
        "send " + data.length + Linux.flagNames(flags), endpoint -> endpoint.send(data, flags));
  }

  Script sendControl(int contentType, byte... data) {
    return sendControl(contentType, data, 0);
  }

  Script sendControl(int contentType, byte[] data, int flags) {
    return step(
        "send " + data.length + " of type " + contentType + Linux.flagNames(flags),
        endpoint -> endpoint.sendControl(contentType, data, flags));
  }

  Script sendKeyUpdate() {
    return sendControl(HANDSHAKE, KEY_UPDATE);
  }

  Script sendFile(int fileLength, long offset, long count) {
    return step(
        "sendfile " + count + " of " + fileLength + " from " + offset,
        endpoint -> endpoint.sendFile(pattern(fileLength), offset, count));
  }

  /// Sends until nothing more is taken.
  Script fill() {
    return step("send until it fails", Endpoint::fill);
  }

  Script drain() {
    return event("peer takes everything", Endpoint::drain);
  }

  Script wire() {
    return step("peer reads", Endpoint::takeWire);
  }

  // Receiving.

  Script recv(int length) {
    return recv(length, 0);
  }

  Script recv(int length, int flags) {
    return step(
        "recv " + length + Linux.flagNames(flags), endpoint -> endpoint.recv(length, false, flags));
  }

  Script recvmsg(int length) {
    return recvmsg(length, 0);
  }

  Script recvmsg(int length, int flags) {
    return step(
        "recvmsg " + length + Linux.flagNames(flags),
        endpoint -> endpoint.recv(length, true, flags));
  }

  Script splice(int length) {
    return step("splice " + length, endpoint -> endpoint.splice(length));
  }

  // The peer.

  Script inject(String text, byte... bytes) {
    return event(
        "peer sends " + text + ", " + bytes.length + " bytes", endpoint -> endpoint.inject(bytes));
  }

  /// One record of the peer's.
  Script data(String content) {
    return record(DATA, content.getBytes(StandardCharsets.US_ASCII));
  }

  Script data(int length) {
    return record(DATA, pattern(length));
  }

  Script record(int contentType, byte... content) {
    return inject(
        "a record of type " + contentType + " with " + content.length,
        sealed(contentType, content));
  }

  Script padded(int contentType, byte[] content, int padding) {
    return inject(
        "a record of type " + contentType + " with " + content.length + " and padding " + padding,
        peer.seal(contentType, content, padding));
  }

  /// A record whose last byte is not what it should be.
  Script badTag(int contentType, byte... content) {
    byte[] record = sealed(contentType, content);
    record[record.length - 1] ^= 1;
    return inject("a record of type " + contentType + " with a bad tag", record);
  }

  /// The peer's next record of this content, for a step that sends it in its own way.
  byte[] sealed(int contentType, byte... content) {
    return peer.seal(contentType, content);
  }

  byte[] sealedPadded(int contentType, byte[] content, int padding) {
    return peer.seal(contentType, content, padding);
  }

  byte[] sealedKeyUpdate() {
    return sealed(HANDSHAKE, KEY_UPDATE);
  }

  Script keyUpdate() {
    return record(HANDSHAKE, KEY_UPDATE);
  }

  /// From now on the peer's records are under the keys after those of now, which are returned.
  Keys rekeyPeer() {
    return rekeyPeer(peerKeys.next());
  }

  /// From now on the peer's records are under these keys, which are returned.
  Keys rekeyPeer(Keys keys) {
    peerKeys = keys;
    peer = keys.records();
    return keys;
  }

  /// A record header and bytes that no one has encrypted.
  Script framed(int contentType, int versionBytes, int length, int sent) {
    byte[] bytes = new byte[sent];
    Arrays.fill(bytes, (byte) 0x55);
    byte[] header =
        ByteBuffer.allocate(5)
            .put((byte) contentType)
            .putShort((short) versionBytes)
            .putShort((short) length)
            .array();
    System.arraycopy(header, 0, bytes, 0, Math.min(sent, header.length));
    return inject(
        String.format("header %d %04x length %d", contentType, versionBytes, length), bytes);
  }

  Script peerFin() {
    return event("peer sends FIN", Endpoint::peerFin);
  }

  Script peerReset() {
    return event("peer sends RST", Endpoint::peerReset);
  }

  // The end.

  Script shutdownWrite() {
    return step("shutdown SHUT_WR", Endpoint::shutdownWrite);
  }

  Script shutdownRead() {
    return step("shutdown SHUT_RD", Endpoint::shutdownRead);
  }

  Script close() {
    closed = true;
    return event("close", Endpoint::closeSocket);
  }

  /// `length` bytes that show where they come from.
  static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }
}
