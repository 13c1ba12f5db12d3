package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Streams as a hostile peer or network makes them, cut at any byte, under any sequence of calls.
///
/// Goal: whatever arrives, what is delivered is what the peer sealed, up to the first record that
/// is not its; then the error of the contract; no other exception; no memory held for longer or in
/// greater amount than what arrived. Method: [PeerStream] seals with the JDK's ciphers and says
/// what a socket must make of the bytes, [StreamMutation] changes them, [HostileConnection] checks
/// every answer.
@ExtendWith(LeakCheck.class)
class HostileRecordsTest {
  private static final int STREAMS = 1_000_000;
  private static final int WATCHED_STREAMS = 3_000;
  private static final int TEMPLATES = 500;
  private static final int UPDATES_IN_A_ROW = 2;

  /// Takes two key updates at once, then one in a millisecond, and asks for one every two records.
  private static final RekeyPolicy STRICT =
      new RekeyPolicy(2, Long.MAX_VALUE, 1000, 2, UPDATES_IN_A_ROW);

  private final RecordEngine engine =
      new RecordEngine(
          new UnpooledByteBufAllocator(true, true), AeadBackend.probe(), STRICT, () -> 0);

  private final Map<String, Integer> outcomes = new TreeMap<>();

  static Stream<Arguments> kinds() {
    return Stream.of(CipherType.AES_GCM_128, CipherType.CHACHA20_POLY1305)
        .flatMap(cipher ->
            Stream.of(
                Arguments.of(TlsVersion.TLS_1_2, cipher, false),
                Arguments.of(TlsVersion.TLS_1_3, cipher, false),
                Arguments.of(TlsVersion.TLS_1_3, cipher, true)));
  }

  /// The seed of a stream chooses among these, so they are the same in every run.
  private static List<PeerStream> templates() {
    Random random = new Random(1);
    List<PeerStream> templates = new ArrayList<>();
    for (int i = 0; i < TEMPLATES; i++) {
      kinds()
          .map(Arguments::get)
          .map(kind ->
              PeerStream.random(
                  (TlsVersion) kind[0],
                  (CipherType) kind[1],
                  (boolean) kind[2],
                  UPDATES_IN_A_ROW,
                  random))
          .filter(stream -> !stream.records.isEmpty())
          .forEach(templates::add);
    }
    return templates;
  }

  @Test
  @Timeout(600)
  void aMillionHostileStreamsUnderRandomCalls() {
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try {
      run(STREAMS);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  @Test
  void noSecretIsLostUnderRandomCalls() {
    run(WATCHED_STREAMS);
  }

  private void run(int streams) {
    List<PeerStream> templates = templates();
    long start = System.nanoTime();
    Seeds.forEach(streams, random -> runOne(templates, random));
    System.out.printf(
        "hostile records: %d streams in %.1f s: %s%n",
        streams, (System.nanoTime() - start) / 1e9, outcomes);
  }

  private void runOne(List<PeerStream> templates, Random random) {
    PeerStream stream = templates.get(random.nextInt(templates.size()));
    byte[] wire = StreamMutation.any(stream, random);
    try (HostileConnection connection = new HostileConnection(engine, stream, wire)) {
      if (random.nextInt(8) != 0) {
        connection.setKeys();
      }
      if (random.nextInt(4) == 0) {
        connection.callBack(random);
      }
      int piece = 1 + random.nextInt(random.nextInt(16) == 0 ? 3 : wire.length + 1);
      while (!connection.isFed()) {
        connection.feed(
            1 + random.nextInt(piece), 1 + random.nextInt(2048), random.nextInt(3) == 0);
        for (int calls = random.nextInt(4); calls > 0; calls--) {
          connection.call(random);
        }
        connection.setKeysUnlessSet(random.nextInt(4) == 0);
      }
      connection.setKeysUnlessSet(true);
      if (random.nextBoolean()) {
        connection.finish();
      }
      connection.drain(random.nextBoolean());
      KtlsErrno errno = connection.verdict().errno();
      outcomes.merge(
          connection.isClosed() ? "closed" : errno == null ? "no error" : errno.name(),
          1,
          Integer::sum);
    }
  }

  // Every one of a few.

  @ParameterizedTest
  @MethodSource("kinds")
  void everyTruncationSplitAndBitFlip(TlsVersion version, CipherType cipher, boolean updatable) {
    PeerStream stream = new PeerStream(version, cipher, updatable, 1, new Random(7));
    stream.add(ContentType.APPLICATION_DATA, new byte[] {1, 2, 3});
    stream.add(ContentType.ALERT, new byte[] {1, 90});
    stream.add(ContentType.APPLICATION_DATA, new byte[0]);
    stream.add(ContentType.HANDSHAKE, new byte[] {4, 0, 0, 1, 9});
    stream.add(ContentType.APPLICATION_DATA, new byte[40]);
    byte[] wire = stream.wire;
    int checked = 0;
    for (int length = 0; length <= wire.length; length++) {
      checked += receive(stream, Arrays.copyOf(wire, length), wire.length);
    }
    for (int cut = 1; cut < wire.length; cut++) {
      checked += receive(stream, wire, cut);
    }
    for (int bit = 0; bit < wire.length * 8; bit++) {
      byte[] flipped = wire.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      checked += receive(stream, flipped, wire.length);
    }
    assertThat(checked).isEqualTo(4 * (wire.length * 10));
  }

  /// In two pieces, in each way that bytes come in and go out.
  private int receive(PeerStream stream, byte[] wire, int cut) {
    for (int way = 0; way < 4; way++) {
      try (HostileConnection connection = new HostileConnection(engine, stream, wire)) {
        connection.setKeys();
        boolean foreign = (way & 1) == 0;
        connection.feed(cut, cut, foreign);
        while (!connection.isFed()) {
          connection.feed(wire.length, wire.length, foreign);
        }
        connection.drain((way & 2) == 0);
      }
    }
    return 4;
  }
}
