package io.sallyport.agent;

import static io.sallyport.agent.HelloBuilder.numbers;
import static io.sallyport.agent.HelloBuilder.uint16;
import static io.sallyport.agent.HelloBuilder.vector16;
import static io.sallyport.agent.HelloBuilder.vector8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.agent.HostileStage.Played;
import io.sallyport.agent.HostileStage.Scene;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.assertj.core.api.SoftAssertions;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.ExtensionType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: whatever a peer does to its messages, the handshake ends as the standards say, with the
/// fault found at the right side. Method: Bouncy Castle as the peer, with one of its messages
/// changed before it is encrypted.
// Longer than 400 lines: the cases of one contract, side by side.
@ExtendWith(LeakCheck.class)
class HostileHandshakeTest {
  // Instead of an alert.
  private static final int ESTABLISHED = -10;
  private static final int WAITING = -11;
  private static final int ENDED_BY_PEER = -12;

  private static final int FLIPS = 60;

  /// What can be wrong with a peer; nothing else is.
  private static final Set<FailureReason> PEERS_FAULTS =
      EnumSet.range(FailureReason.UNKNOWN_RECORD_TYPE, FailureReason.BAD_FINISHED);

  /// Alerts that say the same as a reason.
  private static final Map<FailureReason, Integer> ALERTS =
      Map.ofEntries(
          Map.entry(FailureReason.UNKNOWN_RECORD_TYPE, 10),
          Map.entry(FailureReason.RECORD_OVERFLOW, 22),
          Map.entry(FailureReason.BAD_RECORD, 20),
          Map.entry(FailureReason.MALFORMED_MESSAGE, 50),
          Map.entry(FailureReason.TOO_MUCH_DATA, 47),
          Map.entry(FailureReason.UNEXPECTED_MESSAGE, 10),
          Map.entry(FailureReason.ILLEGAL_PARAMETER, 47),
          Map.entry(FailureReason.MISSING_EXTENSION, 109),
          Map.entry(FailureReason.UNSUPPORTED_EXTENSION, 110),
          Map.entry(FailureReason.TOO_MUCH_EARLY_DATA, 10),
          Map.entry(FailureReason.NO_SHARED_VERSION, 70),
          Map.entry(FailureReason.NO_SHARED_GROUP, 40),
          Map.entry(FailureReason.NO_SECURE_RENEGOTIATION, 40),
          Map.entry(FailureReason.BAD_KEY_SHARE, 47),
          Map.entry(FailureReason.BAD_FINISHED, 51),
          Map.entry(FailureReason.BAD_HANDSHAKE_SIGNATURE, 51),
          Map.entry(FailureReason.BAD_PSK_BINDER, 51),
          Map.entry(FailureReason.UNKNOWN_PSK_IDENTITY, 115));

  static {
    PEERS_FAULTS.addAll(
        EnumSet.range(FailureReason.CERTIFICATE_MISSING, FailureReason.BAD_PSK_BINDER));
    PEERS_FAULTS.add(FailureReason.PEER_ALERT);
    PEERS_FAULTS.add(FailureReason.PSK_REJECTED_BY_PEER);
    PEERS_FAULTS.add(FailureReason.PEER_CLOSED);
  }

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static HostileStage stage;

  private static final LogWatch LOG = new LogWatch();

  @BeforeAll
  static void open() {
    LOG.start();
    stage = new HostileStage(folder);
  }

  @AfterAll
  static void close() {
    stage.close();
    assertThat(LOG.stop()).as("records above DEBUG").isEmpty();
  }

  // ---- Every message, every mutation.

  @ParameterizedTest
  @EnumSource(value = Scene.class, mode = EnumSource.Mode.MATCH_NONE, names = ".*EARLY_DATA")
  void everyMutationOfEveryMessageEndsAsItShould(Scene scene) throws Exception {
    List<String> messages = stage.play(scene, -1, HostileMutation.NONE).messages();
    SoftAssertions soft = new SoftAssertions();
    for (int i = 0; i < messages.size(); i++) {
      for (HostileMutation mutation : HostileMutation.values()) {
        Played played = stage.play(scene, i, mutation);
        soft.assertThat(ending(played))
            .as("%s, %s %s: %s", scene, messages.get(i), mutation, played)
            .isIn(expected(scene, messages, i, mutation));
        assertFault(soft, played, scene + " " + messages.get(i) + " " + mutation);
      }
    }
    soft.assertAll();
  }

  private static int ending(Played played) {
    return switch (played.answer()) {
      case HandshakeAnswer.Established _ -> ESTABLISHED;
      case HandshakeAnswer.NeedInput _ -> WAITING;
      case HandshakeAnswer.Refused refused ->
          refused.outcome().reason() == FailureReason.PEER_ALERT ? ENDED_BY_PEER : played.alert();
    };
  }

  /// That the peer is blamed, with the alert that the reason stands for.
  private static void assertFault(SoftAssertions soft, Played played, String what) {
    if (played.answer() instanceof HandshakeAnswer.Refused refused) {
      FailureReason reason = refused.outcome().reason();
      soft.assertThat(PEERS_FAULTS).as("%s: %s", what, played).contains(reason);
      soft.assertThat(played.alert())
          .as("%s: %s", what, played)
          .isNotEqualTo((int) AlertDescription.internal_error);
      if (played.alert() >= 0 && ALERTS.containsKey(reason)) {
        soft.assertThat(played.alert()).as("%s: %s", what, played).isEqualTo(ALERTS.get(reason));
      }
    }
  }

  /// What RFC 9846 (8446 for TLS 1.3, 5246 for 1.2) allows to come of it.
  private static Set<Integer> expected(
      Scene scene, List<String> messages, int index, HostileMutation mutation) {
    String message = messages.get(index);
    boolean isLast = message.equals("finished");
    boolean isTls13 = scene.name().contains("TLS_1_3");
    boolean hasBody = !message.equals("server_hello_done");
    boolean isFirst = index == 0;
    return switch (mutation) {
      case NONE -> any(ESTABLISHED);
      // §6.2: decode_error for a field out of range or a message of wrong length.
      case ONE_BYTE_LESS, HALF, NO_BODY -> hasBody ? any(50) : any(ESTABLISHED);
      case ONE_BYTE_MORE, A_THOUSAND_BYTES_MORE -> any(50);
      // The next message becomes the end of this one.
      case ONE_BYTE_LESS_THAN_CLAIMED, HALF_OF_CLAIMED, HEADER_ONLY ->
          hasBody
              ? any(WAITING, 50, 10, 47, 51, 42)
              // Without a body nothing but the header is there to cut.
              : any(WAITING, 50, 10, ESTABLISHED);
      // The byte is behind a change of keys, or the start of a message that is too long.
      case ONE_BYTE_MORE_THAN_CLAIMED -> any(10, 47);
      case SIXTEEN_MEGABYTES_CLAIMED -> any(47);
      // Behind a Finished it is the record layer's.
      case TWICE ->
          isLast ? any(ESTABLISHED) : message.equals("client_hello") ? any(10, 47) : any(10);
      case LEFT_OUT -> any(WAITING, 10, 51, ENDED_BY_PEER);
      case BEHIND_THE_NEXT ->
          isLast || !hasBody
              ? any(ESTABLISHED, 20)
              : any(10, message.endsWith("_hello") ? ESTABLISHED : 10, unheard(message));
      case OF_UNKNOWN_TYPE, A_KEY_UPDATE_BEFORE -> any(10);
      // A client passes over it in TLS 1.2, as long as nothing is encrypted.
      case A_HELLO_REQUEST_BEFORE ->
          !scene.isOfClient() && (isFirst || (!isTls13 && !isLast))
              ? any(ESTABLISHED)
              : scene.name().contains("RETRY") && message.equals("server_hello")
                  ? any(10, ESTABLISHED)
                  : any(10);
      // In TLS 1.2 the record layer's counter goes on behind a Finished of one record.
      case EACH_BYTE_A_RECORD, IN_TWO_RECORDS, A_WARNING_BEFORE ->
          isTls13 || !isLast ? any(ESTABLISHED) : any(10);
      case A_WARNING_WITHIN -> isTls13 || isFirst || isLast ? any(10) : any(ESTABLISHED);
      case A_FATAL_ALERT_BEFORE -> any(ENDED_BY_PEER);
      case HALF_AN_ALERT_BEFORE -> any(50);
      // §5: to be dropped behind the first ClientHello; which version it is, a client does not
      // know before the ServerHello.
      case A_CHANGE_CIPHER_SPEC_BEFORE, A_CHANGE_CIPHER_SPEC_WITHIN ->
          isTls13 ? isFirst ? any(10) : any(ESTABLISHED) : isLast ? any(50) : any(10, 20);
      case A_CHANGE_CIPHER_SPEC_OF_TWO_BEFORE -> isTls13 || isFirst ? any(10) : any(50);
      case AN_ENCRYPTED_CHANGE_CIPHER_SPEC_BEFORE ->
          isTls13 && index == 1 && scene.name().contains("RETRY")
              // There is no key yet.
              ? any(ESTABLISHED)
              : any(10, isTls13 ? 10 : 20);
      // §5.1 and §5.4.
      case AN_EMPTY_RECORD_BEFORE, AN_EMPTY_RECORD_WITHIN -> any(10);
      case DATA_BEFORE, A_HEARTBEAT_BEFORE -> any(10);
      case A_FORGED_RECORD_BEFORE -> any(10, 20);
      case A_LONG_RECORD_BEFORE -> any(22);
    };
  }

  private static Set<Integer> any(Integer... endings) {
    return Set.copyOf(Arrays.asList(endings));
  }

  /// A server does not understand what a client answers that was not asked for its certificate.
  private static int unheard(String message) {
    return message.equals("certificate_request") ? HostileStage.UNHEARD : 10;
  }

  @ParameterizedTest
  @EnumSource(value = Scene.class, mode = EnumSource.Mode.MATCH_NONE, names = ".*EARLY_DATA")
  void flippedBitsAreThePeersFault(Scene scene) throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> messages = stage.play(scene, -1, HostileMutation.NONE).messages();
    SoftAssertions soft = new SoftAssertions();
    for (int i = 0; i < FLIPS; i++) {
      int target = random.nextInt(messages.size());
      Played played =
          stage.play(
              scene,
              target,
              (records, message) -> {
                byte[] flipped = message.clone();
                flipped[random.nextInt(flipped.length)] ^= (byte) (1 + random.nextInt(255));
                records.handshake(flipped);
              });
      String what = scene + " " + messages.get(target) + ", seed " + seed;
      soft.assertThat(ending(played)).as(what).isNotEqualTo(ESTABLISHED);
      assertFault(soft, played, what);
    }
    soft.assertAll();
  }

  // ---- What is said in a message.

  private static HostileRecords.Mutation edited(UnaryOperator<byte[]> edit) {
    return (records, message) -> {
      byte[] edited = edit.apply(message.clone());
      for (int at = 0; at < edited.length; at += 1 << 14) {
        records.handshake(Arrays.copyOfRange(edited, at, Math.min(edited.length, at + (1 << 14))));
      }
    };
  }

  private static void assertRefused(Played played, int alert, FailureReason reason) {
    assertThat(played.answer()).as("%s", played).isInstanceOf(HandshakeAnswer.Refused.class);
    assertThat(((HandshakeAnswer.Refused) played.answer()).outcome().reason())
        .as("%s", played)
        .isEqualTo(reason);
    assertThat(played.alert()).as("%s", played).isEqualTo(alert);
  }

  /// The bytes of an extension of a hello.
  private static ByteBuffer extension(byte[] hello, int type) {
    ByteBuffer at = ByteBuffer.wrap(hello).position(4 + 2 + 32);
    at.position(at.position() + 1 + at.get(at.position()));
    if (hello[0] == 1) {
      at.position(at.position() + 2 + at.getShort(at.position()));
      at.position(at.position() + 1 + at.get(at.position()));
    } else {
      at.position(at.position() + 3);
    }
    at.getShort();
    while (at.hasRemaining()) {
      int found = at.getShort();
      int length = at.getShort();
      if (found == type) {
        return at.slice(at.position(), length);
      }
      at.position(at.position() + length);
    }
    throw new AssertionError("no extension " + type);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        ExtensionType.supported_groups,
        ExtensionType.signature_algorithms,
        ExtensionType.supported_versions
      })
  void aSecondHelloSaysWhatTheFirstSaid(int type) throws Exception {
    Played played =
        stage.play(
            Scene.CLIENT_TLS_1_3_RETRY,
            1,
            edited(hello -> {
              ByteBuffer extension = extension(hello, type);
              int last = extension.limit() - 1;
              extension.put(last, (byte) (extension.get(last) ^ 0x40));
              return hello;
            }));
    assertRefused(played, 47, FailureReason.ILLEGAL_PARAMETER);
    assertThat(played.toString()).contains("after a HelloRetryRequest");
  }

  @Test
  void aSecondHelloIsOfTheSameClient() throws Exception {
    // Version, random, length of the session id, cipher suite.
    for (int at : new int[] {5, 6, 37}) {
      Played played =
          stage.play(
              Scene.CLIENT_TLS_1_3_RETRY,
              1,
              edited(hello -> {
                hello[at] ^= 1;
                return hello;
              }));
      assertRefused(played, 47, FailureReason.ILLEGAL_PARAMETER);
    }
  }

  @Test
  void aReservedVersionIsThePeersFault() throws Exception {
    UnaryOperator<byte[]> legacy =
        hello -> {
          hello[4] = (byte) 0xFE;
          hello[5] = (byte) 0xFE;
          return hello;
        };
    for (Scene scene : Scene.values()) {
      assertRefused(stage.play(scene, 0, edited(legacy)), 47, FailureReason.ILLEGAL_PARAMETER);
    }
    assertRefused(
        stage.play(
            Scene.SERVER_TLS_1_3,
            0,
            edited(hello -> {
              extension(hello, ExtensionType.supported_versions).putShort((short) 0xFEFE);
              return hello;
            })),
        47,
        FailureReason.ILLEGAL_PARAMETER);
  }

  @Test
  void aServerPassesOverVersionsThatItDoesNotKnow() throws Exception {
    Played alone =
        stage.play(
            Scene.CLIENT_TLS_1_3,
            0,
            edited(hello -> {
              extension(hello, ExtensionType.supported_versions).putShort(1, (short) 0xFEFE);
              return hello;
            }));
    assertRefused(alone, 70, FailureReason.NO_SHARED_VERSION);
    HelloBuilder among = hello13().extension(ExtensionType.supported_versions, "04fefe0304");
    assertRefused(hello(among), 109, FailureReason.MISSING_EXTENSION);
    for (String none : List.of("020a0a", "04fefefefe", "02feff", "020305")) {
      HelloBuilder unknown = hello13().extension(ExtensionType.supported_versions, none);
      assertRefused(hello(unknown), 70, FailureReason.NO_SHARED_VERSION);
    }
    for (String broken : List.of("", "00", "0103", "030304", "03030403", "0203040a")) {
      HelloBuilder unread = hello13().extension(ExtensionType.supported_versions, broken);
      assertRefused(hello(unread), 50, FailureReason.MALFORMED_MESSAGE);
    }
  }

  /// RFC 9846 §4.3.11, 8446 §4.2.11: the age of a key from elsewhere is ignored.
  @Test
  void theAgeOfAPreSharedKeyIsIgnored() throws Exception {
    Played played =
        stage.play(
            Scene.CLIENT_TLS_1_3_PSK,
            0,
            edited(hello -> {
              ByteBuffer offered = extension(hello, ExtensionType.pre_shared_key);
              offered.putInt(4 + offered.getShort(2), 0x01020304);
              return hello;
            }));
    // The binder covers it, and the peer does not know of it.
    assertRefused(played, 51, FailureReason.BAD_PSK_BINDER);
  }

  @Test
  void compressionIsNotForTls13() throws Exception {
    HelloBuilder offering =
        hello13().compressions("0001").extension(ExtensionType.supported_versions, "020304");
    assertRefused(hello(offering), 47, FailureReason.ILLEGAL_PARAMETER);
  }

  @Test
  void aCertificateVerifyNeedsACertificate() throws Exception {
    HostileRecords.Mutation empty = edited(_ -> HexFormat.of().parseHex("0b00000400000000"));
    assertRefused(
        stage.play(Scene.CLIENT_TLS_1_3_OPTIONAL_CERTIFICATE, 1, empty),
        10,
        FailureReason.UNEXPECTED_MESSAGE);
    assertRefused(
        stage.play(Scene.CLIENT_TLS_1_3_CERTIFICATE, 1, empty),
        116,
        FailureReason.CERTIFICATE_MISSING);
    assertRefused(
        stage.play(
            Scene.CLIENT_TLS_1_2_CERTIFICATE,
            1,
            edited(_ -> HexFormat.of().parseHex("0b000003000000"))),
        40,
        FailureReason.CERTIFICATE_MISSING);
    // RFC 9846 §4.5.2, 8446 §4.4.2.4.
    assertRefused(stage.play(Scene.SERVER_TLS_1_3, 2, empty), 50, FailureReason.MALFORMED_MESSAGE);
  }

  /// RFC 9846 §6, 8446 §6: in TLS 1.3 only two alerts do not end the connection.
  @Test
  void aWarningThatIsNoneEndsTheHandshake() throws Exception {
    Played played =
        stage.play(
            Scene.CLIENT_TLS_1_3,
            1,
            (records, message) -> {
              records.record(21, (byte) 1, (byte) 112);
              records.handshake(message);
            });
    assertRefused(played, HostileStage.NONE, FailureReason.PEER_ALERT);
  }

  // ---- Too much.

  private static HelloBuilder hello13() {
    return new HelloBuilder()
        .extension(ExtensionType.supported_groups, vector16(numbers(0x001D)))
        .extension(ExtensionType.signature_algorithms, vector16(numbers(0x0403)));
  }

  /// A whole hello with a key share.
  private static HelloBuilder complete13() {
    return hello13()
        .extension(ExtensionType.supported_versions, "020304")
        .extension(ExtensionType.key_share, vector16("001d" + vector16("09" + "00".repeat(31))));
  }

  private static Played hello(HelloBuilder builder) throws IOException {
    return hello(Scene.CLIENT_TLS_1_3, builder.build());
  }

  /// What a server answers to a ClientHello with this body. When it takes it, the peer ends the
  /// handshake, which does not know what it is said to have sent.
  private static Played hello(Scene scene, byte[] body) throws IOException {
    byte[] message = new byte[4 + body.length];
    message[0] = 1;
    System.arraycopy(body, 0, message, 4, body.length);
    return stage.play(scene, 0, edited(_ -> HostileMutation.resized(message, body.length)));
  }

  @Test
  void aHelloIsTooLongByItsHeader() {
    for (String header : List.of("01010001", "01ffffff")) {
      byte[] record = HexFormat.of().parseHex("1603010004" + header);
      try (Handshake server = stage.handshake(Scene.CLIENT_TLS_1_3)) {
        HandshakeAnswer answer = server.receive(Unpooled.wrappedBuffer(record));
        assertThat(answer).isInstanceOf(HandshakeAnswer.Refused.class);
        assertThat(((HandshakeAnswer.Refused) answer).outcome().reason())
            .isEqualTo(FailureReason.TOO_MUCH_DATA);
        assertThat(ByteBufUtil.getBytes(answer.output())).endsWith(2, 47);
      }
    }
  }

  @Test
  void aHelloHasUpToSixtyFourKilobytes() throws Exception {
    int others = complete13().extension(0x7777, "").build().length;
    int left = MessageWalker.HELLO_MAX - others;
    byte[] longest = complete13().extension(0x7777, "00".repeat(left)).build();
    assertThat(longest).hasSize(MessageWalker.HELLO_MAX);
    assertThat(ending(hello(Scene.CLIENT_TLS_1_3, longest))).isEqualTo(ENDED_BY_PEER);
    byte[] longer = complete13().extension(0x7777, "00".repeat(left + 1)).build();
    assertRefused(hello(Scene.CLIENT_TLS_1_3, longer), 47, FailureReason.TOO_MUCH_DATA);
  }

  @Test
  void aSessionIdHasUpToThirtyTwoBytes() throws Exception {
    assertRefused(
        hello(complete13().sessionId("00".repeat(33))), 50, FailureReason.MALFORMED_MESSAGE);
    assertThat(ending(hello(complete13().sessionId("00".repeat(32))))).isEqualTo(ENDED_BY_PEER);
  }

  @Test
  void aThousandUnknownKeysAreRefused() throws Exception {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      all.append(vector16(uint16(i))).append("00000000");
    }
    String binders = vector8("00".repeat(32)).repeat(1000);
    byte[] body =
        complete13()
            .extension(ExtensionType.psk_key_exchange_modes, vector8("01"))
            .extension(ExtensionType.pre_shared_key, vector16(all.toString()) + vector16(binders))
            .build();
    assertRefused(hello(Scene.CLIENT_TLS_1_3_PSK, body), 115, FailureReason.UNKNOWN_PSK_IDENTITY);
  }

  /// A TLS 1.3 Certificate with its only entry so many times.
  private static byte[] repeated(byte[] message, int times) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(Arrays.copyOf(message, 8));
    for (int i = 0; i < times; i++) {
      all.write(message, 8, message.length - 8);
    }
    byte[] repeated = HostileMutation.resized(all.toByteArray(), all.size() - 4);
    int list = all.size() - 8;
    repeated[5] = (byte) (list >> 16);
    repeated[6] = (byte) (list >> 8);
    repeated[7] = (byte) list;
    return repeated;
  }

  @Test
  void aChainHasUpToSixteenCertificates() throws Exception {
    for (Scene scene : List.of(Scene.CLIENT_TLS_1_3_CERTIFICATE, Scene.SERVER_TLS_1_3)) {
      int certificate = scene.isOfClient() ? 1 : 2;
      // Its signature is for another chain.
      assertRefused(
          stage.play(scene, certificate, edited(message -> repeated(message, 16))),
          51,
          FailureReason.BAD_HANDSHAKE_SIGNATURE);
      for (int times : new int[] {17, 100}) {
        Played played = stage.play(scene, certificate, edited(m -> repeated(m, times)));
        assertRefused(played, 42, FailureReason.TOO_MUCH_DATA);
      }
      assertRefused(
          stage.play(scene, certificate, edited(message -> repeated(message, 300))),
          47,
          FailureReason.TOO_MUCH_DATA);
    }
  }

  // ---- Early data.

  private static HostileRecords.Mutation followedByEarlyData(int bytes) {
    return (records, message) -> {
      records.handshake(message);
      int left = bytes;
      while (left > 0) {
        int record = Math.min(left, 10_000);
        // No record of less than a header.
        record = left - record < 5 && left > record ? record - 5 : record;
        byte[] raw = new byte[record];
        ByteBuffer.wrap(raw).put((byte) 23).putShort((short) 0x303).putShort((short) (record - 5));
        records.raw(raw);
        left -= record;
      }
    };
  }

  /// Each costs a decryption.
  @Test
  void recordsOfEarlyDataCountForHalfAKilobyteAtLeast() throws Exception {
    int most = EarlyDataFilter.SKIPPED_MAX / 512;
    Played all = stage.play(Scene.CLIENT_TLS_1_3_EARLY_DATA, 0, followedByShortEarlyData(most));
    assertThat(ending(all)).as("%s", all).isEqualTo(ESTABLISHED);
    assertRefused(
        stage.play(Scene.CLIENT_TLS_1_3_EARLY_DATA, 0, followedByShortEarlyData(most + 1)),
        10,
        FailureReason.TOO_MUCH_EARLY_DATA);
  }

  private static HostileRecords.Mutation followedByShortEarlyData(int count) {
    return (records, message) -> {
      records.handshake(message);
      for (int i = 0; i < count; i++) {
        // A header, a content type and a tag.
        byte[] raw = new byte[5 + 17];
        ByteBuffer.wrap(raw).put((byte) 23).putShort((short) 0x303).putShort((short) 17);
        records.raw(raw);
      }
    };
  }

  @Test
  void sixtyFourKilobytesOfEarlyDataAreSkipped() throws Exception {
    Played all =
        stage.play(
            Scene.CLIENT_TLS_1_3_EARLY_DATA, 0, followedByEarlyData(EarlyDataFilter.SKIPPED_MAX));
    assertThat(ending(all)).as("%s", all).isEqualTo(ESTABLISHED);
    assertRefused(
        stage.play(
            Scene.CLIENT_TLS_1_3_EARLY_DATA,
            0,
            followedByEarlyData(EarlyDataFilter.SKIPPED_MAX + 1)),
        10,
        FailureReason.TOO_MUCH_EARLY_DATA);
    assertRefused(
        stage.play(Scene.CLIENT_TLS_1_3, 0, followedByEarlyData(100)),
        20,
        FailureReason.BAD_RECORD);
  }

  /// Behind a second ClientHello there is none (RFC 9846 §4.3.10, 8446 §4.2.10).
  @Test
  void earlyDataIsSkippedBetweenTwoHellosAndNotBehind() throws Exception {
    Played between =
        stage.play(Scene.CLIENT_TLS_1_3_RETRY_EARLY_DATA, 0, followedByEarlyData(1000));
    assertThat(ending(between)).as("%s", between).isEqualTo(ESTABLISHED);
    assertRefused(
        stage.play(Scene.CLIENT_TLS_1_3_RETRY_EARLY_DATA, 1, followedByEarlyData(1000)),
        20,
        FailureReason.BAD_RECORD);
  }
}
