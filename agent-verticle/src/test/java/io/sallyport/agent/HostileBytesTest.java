package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.agent.HostileStage.Scene;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.ktls.ContentType;
import io.sallyport.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: no bytes bring a handshake to anything but an answer. Method: what real peers send,
/// damaged at random, in random pieces.
@Timeout(120)
@ExtendWith(LeakCheck.class)
class HostileBytesTest {
  private static final int SERVER_INPUTS = 100_000;
  private static final int CLIENT_INPUTS = 4_000;

  /// More than a flight with certificates, less than what could fill a memory.
  private static final int OUTPUT_MAX = 1 << 16;

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

  /// Everything that the peer of a scene says.
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Recorded(Scene scene, byte[] bytes) {
    static Recorded of(Scene scene) throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      HostilePeer peer = stage.peer(scene, -1, HostileMutation.NONE);
      try (Handshake handshake = stage.handshake(scene)) {
        HandshakeAnswer answer = handshake.begin();
        while (answer instanceof HandshakeAnswer.NeedInput) {
          byte[] output = ByteBufUtil.getBytes(answer.output());
          if (output.length > 0) {
            peer.receive(output);
          }
          byte[] flight = peer.flight();
          all.writeBytes(flight);
          answer = handshake.receive(Unpooled.wrappedBuffer(flight));
        }
        answer.discard();
      }
      return new Recorded(scene, all.toByteArray());
    }
  }

  private static List<Recorded> recorded(boolean ofClients) throws IOException {
    List<Recorded> recorded = new ArrayList<>();
    for (Scene scene : Scene.values()) {
      if (scene.isOfClient() == ofClients) {
        recorded.add(Recorded.of(scene));
      }
    }
    return recorded;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void damagedFlightsAreAnswered(boolean ofClients) throws Exception {
    List<Recorded> recorded = recorded(ofClients);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try {
      for (int i = ofClients ? SERVER_INPUTS : CLIENT_INPUTS; i > 0; i--) {
        Recorded one = recorded.get(random.nextInt(recorded.size()));
        feed(one.scene(), damaged(one.bytes(), random), random);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    byte[] damaged = bytes.clone();
    // A header or two, and lengths, sit at the front.
    int reach = random.nextInt(4) > 0 ? Math.min(100, damaged.length) : damaged.length;
    for (int times = 2 + random.nextInt(8); times > 0; times--) {
      int at = random.nextInt(reach);
      switch (random.nextInt(8)) {
        case 0 -> damaged = Arrays.copyOf(damaged, Math.max(1, at));
        case 1 -> damaged = spliced(damaged, at, at + random.nextInt(40), new byte[0]);
        case 2 -> damaged = spliced(damaged, at, at, noise(random));
        case 3 -> damaged = spliced(damaged, at, at, Arrays.copyOf(damaged, at));
        case 4 -> damaged[at] = (byte) (random.nextBoolean() ? 0 : 0xFF);
        default -> damaged[at] ^= (byte) (1 << random.nextInt(8));
      }
      reach = Math.min(reach, damaged.length);
    }
    return damaged;
  }

  private static byte[] noise(Random random) {
    byte[] noise = new byte[1 + random.nextInt(60)];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] middle) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(bytes, 0, from);
    all.writeBytes(middle);
    int end = Math.min(to, bytes.length);
    all.write(bytes, end, bytes.length - end);
    return all.size() == 0 ? bytes : all.toByteArray();
  }

  private static void feed(Scene scene, byte[] bytes, Random random) {
    try (Handshake handshake = stage.handshake(scene)) {
      HandshakeAnswer answer = handshake.begin();
      int sent = 0;
      for (int at = 0; at < bytes.length && answer instanceof HandshakeAnswer.NeedInput; ) {
        answer.discard();
        int piece = Math.min(bytes.length - at, 1 + random.nextInt(1 + random.nextInt(2000)));
        answer = handshake.receive(Unpooled.copiedBuffer(bytes, at, piece));
        at += piece;
        sent += answer.output().readableBytes();
      }
      assertThat(sent).isLessThan(OUTPUT_MAX);
      if (answer instanceof HandshakeAnswer.Refused refused) {
        assertThat(refused.outcome().reason())
            .as("%s: %s", scene, refused.outcome().detail())
            .isNotEqualTo(FailureReason.INTERNAL);
      }
      answer.discard();
    }
  }

  /// What TLS passes over, without an end: ChangeCipherSpec, and alerts that end nothing.
  @ParameterizedTest
  @ValueSource(strings = {"140303000101", "1503030002015a"})
  void whatIsPassedOverHasAnEnd(String record) throws Exception {
    byte[] hello = stage.peer(Scene.CLIENT_TLS_1_3_RETRY, -1, HostileMutation.NONE).flight();
    try (Handshake server = stage.handshake(Scene.CLIENT_TLS_1_3_RETRY)) {
      HandshakeAnswer answer = server.receive(Unpooled.wrappedBuffer(hello));
      byte[] one = HexFormat.of().parseHex(record);
      int taken = hello.length;
      while (answer instanceof HandshakeAnswer.NeedInput) {
        assertThat(taken).isLessThanOrEqualTo(Handshake.INPUT_MAX);
        answer = server.receive(Unpooled.wrappedBuffer(one));
        taken += one.length;
      }
      assertThat(((HandshakeAnswer.Refused) answer).outcome().reason())
          .isEqualTo(FailureReason.TOO_MUCH_DATA);
      assertThat(taken).isBetween(Handshake.INPUT_MAX, Handshake.INPUT_MAX + one.length);
    }
  }

  /// Messages that are allowed as often as one likes, to a client of TLS 1.2.
  @Test
  void helloRequestsHaveAnEnd() throws Exception {
    Scene scene = Scene.SERVER_TLS_1_2;
    byte[] request = {ContentType.HANDSHAKE, 3, 3, 0, 4, 0, 0, 0, 0};
    try (Handshake client = stage.handshake(scene)) {
      HandshakeAnswer answer = client.begin();
      int taken = 0;
      while (answer instanceof HandshakeAnswer.NeedInput) {
        assertThat(taken).isLessThanOrEqualTo(Handshake.INPUT_MAX);
        answer = client.receive(Unpooled.wrappedBuffer(request));
        taken += request.length;
      }
      assertThat(((HandshakeAnswer.Refused) answer).outcome().reason())
          .isEqualTo(FailureReason.TOO_MUCH_DATA);
    }
  }
}
