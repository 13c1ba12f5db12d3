package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketTimes;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kind of frame there and back, and whatever else can come: a frame, or a
/// [MalformedFrameException], and nothing left behind.
@ExtendWith(LeakCheck.class)
class FrameCodecTest {
  private static final TicketTimes TIMES = TicketTimes.lasting(Duration.ofHours(2));
  private static final Session SESSION =
      new Session(
          TlsVersion.TLS_1_3, "TLS_AES_128_GCM_SHA256", "x25519", "a.example", null, true, 64);

  /// Every type, and every form of those that have several. Whoever calls it discards them.
  static Stream<LinkFrame> frames() {
    return Stream.of(
        new LinkFrame.Hello(LinkFrame.PROTOCOL, "edge-1"),
        new LinkFrame.Status(1, -2, List.of(new LinkFrame.Offer("web", 7, true, true, false))),
        new LinkFrame.Status(0, 0, List.of()),
        new LinkFrame.Ping(),
        new LinkFrame.WantView(1L << 40, "web"),
        new LinkFrame.View(2, bytes(300)),
        new LinkFrame.Sign(
            3,
            "web",
            new KeySerial(42),
            "ab".repeat(32),
            SignatureScheme.ECDSA_SECP256R1_SHA256,
            new KeyPurpose("listener https", "a.example"),
            bytes(130)),
        new LinkFrame.Signature(4, bytes(70)),
        new LinkFrame.WantTickets(5, "web", TIMES),
        new LinkFrame.Tickets(6, TicketRing.begin(TIMES, 0, new SecureRandom())),
        new LinkFrame.SealTicket(16, "web", TIMES, SecretBytes.wiping(new byte[100])),
        new LinkFrame.SealedTicket(17, bytes(144)),
        new LinkFrame.OpenTicket(18, "web", TIMES, bytes(144)),
        new LinkFrame.OpenedTicket(19, SecretBytes.wiping(new byte[100])),
        new LinkFrame.UnopenedTicket(20, Reason.UNKNOWN_KEY),
        new LinkFrame.Open(7, request()),
        new LinkFrame.Input(8, bytes(1000)),
        new LinkFrame.Input(9, Unpooled.EMPTY_BUFFER),
        new LinkFrame.Cancel(10),
        new LinkFrame.Answer(
            11, new HandshakeAnswer.NeedInput(bytes(20), () -> PeerFacts.NONE), null),
        new LinkFrame.Answer(12, established(updatable()), peer()),
        new LinkFrame.Answer(13, established(fixed()), null),
        new LinkFrame.Answer(
            14,
            new HandshakeAnswer.Refused(
                bytes(7), new HandshakeOutcome.Failed(FailureReason.NO_SHARED_GROUP, "none")),
            null),
        new LinkFrame.Refused(15, Cause.BUSY, "too many"));
  }

  private static ByteBuf bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return Unpooled.wrappedBuffer(bytes);
  }

  private static HandshakeRequest request() {
    return new HandshakeRequest(
        HandshakeKind.CLIENT_HELLO_X509,
        "a.example",
        "web",
        new KeySerial(1),
        new KeySerial(2),
        List.of(new KeySerial(3)),
        new TlsPolicy(
            TlsVersion.TLS_1_2,
            TlsVersion.TLS_1_3,
            List.of("h2"),
            List.of(Group.X25519),
            new ClientAuth(ClientAuth.Mode.OPTIONAL, List.of("*.example")),
            true,
            Duration.ofHours(1)),
        "listener https",
        "");
  }

  private static HandshakeAnswer established(SessionKeys keys) {
    return new HandshakeAnswer.Established(
        bytes(50), bytes(60), keys, bytes(70), PostHandshake.NONE, new KeySerial(9), SESSION);
  }

  private static SessionKeys updatable() {
    return new SessionKeys.Updatable(CipherType.AES_GCM_128, secret(), secret());
  }

  private static TrafficSecret secret() {
    return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(new byte[32]));
  }

  private static SessionKeys fixed() {
    return new SessionKeys.Fixed(info(), info());
  }

  private static CryptoInfo info() {
    return new CryptoInfo(
        TlsVersion.TLS_1_2,
        CipherType.AES_GCM_128,
        SecretBytes.wiping(new byte[CipherType.AES_GCM_128.keyLength()]),
        SecretBytes.wiping(new byte[12]),
        5);
  }

  private static PeerIdentity peer() {
    return new PeerIdentity(
        "CN=a", List.of("a.example", "b.example"), "cd".repeat(32), Instant.EPOCH);
  }

  /// As bytes behind the length; the frame is used up.
  private static byte[] written(LinkFrame frame) {
    ByteBuf bytes = FrameCodec.write(frame);
    FrameCodec.discard(frame);
    assertThat(bytes.readInt()).isEqualTo(bytes.readableBytes());
    byte[] behind = ByteBufUtil.getBytes(bytes);
    bytes.release();
    return behind;
  }

  /// Reads and gives back what came, if it was a frame.
  private static Optional<Class<?>> read(byte[] bytes) {
    try {
      LinkFrame frame = FrameCodec.read(Unpooled.wrappedBuffer(bytes));
      FrameCodec.discard(frame);
      return Optional.of(frame.getClass());
    } catch (MalformedFrameException _) {
      return Optional.empty();
    }
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameIsTheSameThereAndBack(LinkFrame frame) throws Exception {
    Class<?> type = frame.getClass();
    byte[] once = written(frame);
    LinkFrame back = FrameCodec.read(Unpooled.wrappedBuffer(once));
    assertThat(back).isInstanceOf(type);
    assertThat(written(back)).isEqualTo(once);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameThatIsCutAnywhereIsNone(LinkFrame frame) {
    byte[] whole = written(frame);
    for (int length = 0; length < whole.length; length++) {
      assertThat(read(Arrays.copyOf(whole, length))).as("of " + length).isEmpty();
    }
    assertThat(read(Arrays.copyOf(whole, whole.length + 1))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("frames")
  void aFrameWithAnyBitFlippedIsAFrameOrNone(LinkFrame frame) {
    byte[] bytes = written(frame);
    int frames = 0;
    for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      frames += read(bytes).isPresent() ? 1 : 0;
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    }
    assertThat(frames).isLessThan(bytes.length * Byte.SIZE);
  }

  @Test
  void randomBytesAreAFrameOrNone() {
    Seeds.forEach(
        200,
        random -> {
          byte[] bytes = new byte[random.nextInt(200)];
          for (int type = 0; type <= 20; type++) {
            random.nextBytes(bytes);
            if (bytes.length > 0) {
              bytes[0] = (byte) type;
            }
            assertThat(read(bytes)).isNotNull();
          }
        });
  }

  /// Several bytes of a frame replaced: gets further than random bytes do.
  @Test
  void aFrameWithSomeBytesReplacedIsAFrameOrNone() {
    List<byte[]> all = frames().map(FrameCodecTest::written).toList();
    Seeds.forEach(
        300,
        random -> {
          byte[] bytes = all.get(random.nextInt(all.size())).clone();
          for (int i = random.nextInt(4); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
          }
          assertThat(read(bytes)).isNotNull();
        });
  }

  @Test
  void aLengthIsBelievedOnlyOfWhatCame() {
    // An Input of 2^31 - 1 bytes, and a Status of 4097 offers.
    for (String hex : List.of("0900000000000000017fffffff", "0200000000000000001001")) {
      assertThatThrownBy(
              () -> FrameCodec.read(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex))))
          .isInstanceOf(MalformedFrameException.class);
    }
  }

  @Test
  void aTextThatIsTooLongIsCutBehindAWholeCharacter() throws Exception {
    String subject = "x" + "\u20ac".repeat(30_000);
    PeerIdentity peer = new PeerIdentity(subject, List.of(), "cd".repeat(32), Instant.EPOCH);
    byte[] bytes = written(new LinkFrame.Answer(1, established(updatable()), peer));
    LinkFrame.Answer back = (LinkFrame.Answer) FrameCodec.read(Unpooled.wrappedBuffer(bytes));
    PeerIdentity cut = Objects.requireNonNull(back.peer());
    assertThat(cut.subject()).hasSize(1 + (0xFFFF - 1) / 3).isSubstringOf(subject);
    FrameCodec.discard(back);
  }

  @Test
  void aFrameWithKeysIsWrittenIntoABufferThatNeverGrows() {
    List<String> names = Collections.nCopies(FrameReader.LIST_MAX, "\u20ac".repeat(20));
    PeerIdentity peer = new PeerIdentity("CN=a", names, "cd".repeat(32), Instant.EPOCH);
    LinkFrame frame = new LinkFrame.Answer(1, established(updatable()), peer);
    ByteBuf bytes = FrameCodec.write(frame);
    assertThat(bytes.capacity()).isEqualTo(FrameCodec.capacity(frame));
    bytes.release();
    FrameCodec.discard(frame);
  }
}
