package io.sallyport.agent;

import static io.sallyport.agent.HelloBuilder.numbers;
import static io.sallyport.agent.HelloBuilder.vector16;
import static io.sallyport.agent.HelloBuilder.vector8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: whatever the bytes, they are a ClientHello or they are not, and never more is taken for
/// one than Bouncy Castle takes.
@Timeout(120)
class ClientHelloHostileTest {
  private static final int RANDOM_INPUTS = 100_000;

  /// The known types among the extensions, so that chance meets them.
  private static final int[] TYPES = {
    0, 1, 5, 10, 13, 16, 21, 23, 28, 35, 41, 42, 43, 45, 50, 51, 0xFF01, 0x0A0A
  };

  @SuppressWarnings("NullAway.Init")
  private static List<byte[]> hellos;

  @BeforeAll
  static void capture() throws Exception {
    hellos =
        List.of(
            CapturedHellos.openssl("-servername", "peer.test", "-alpn", "h2,http/1.1"),
            CapturedHellos.openssl("-tls1_2", "-status", "-maxfraglen", "512"),
            CapturedHellos.openssl("-tls1_3", "-psk", "0011223344556677"),
            CapturedHellos.curl(),
            CapturedHellos.jdk(_ -> {}),
            KnownHellos.rfc8448Resumption());
  }

  /// Looks at all of it, and compares with Bouncy Castle.
  private static Optional<ClientHello> check(byte[] body) {
    Optional<ClientHello> hello = ClientHello.parse(body);
    try {
      org.bouncycastle.tls.ClientHello theirs =
          org.bouncycastle.tls.ClientHello.parse(new ByteArrayInputStream(body), null);
      hello.ifPresent(ours -> {
        assertThat(ours.cipherSuites())
            .isEqualTo(Arrays.stream(theirs.getCipherSuites()).boxed().toList());
        assertThat(ours.extensionTypes())
            .hasSize(theirs.getExtensions() == null ? 0 : theirs.getExtensions().size());
      });
    } catch (TlsFatalAlert e) {
      // It also asks whether it could go on without compression.
      if (e.getAlertDescription() != AlertDescription.handshake_failure) {
        assertThat(hello).isEmpty();
      }
    } catch (IllegalArgumentException e) {
      // Its way to say that there is no such version.
      assertThat(body).startsWith(0xFE, 0xFE);
    }
    return hello;
  }

  private static void render(ClientHello hello) {
    assertThat(Ja4.of(hello))
        .matches("t([0-9]{2}|s[23]|d[123])[di][0-9]{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}");
    assertThat(
            OfferedNames.versions(hello)
                + OfferedNames.groups(hello.groups())
                + OfferedNames.alpn(hello))
        .matches("[ -~]{1,4096}");
  }

  @Test
  void realOnesAreReadAsTheyAre() {
    for (byte[] hello : hellos) {
      assertThat(check(hello)).isPresent();
    }
  }

  /// Bouncy Castle throws what is no alert.
  @Test
  void aReservedVersionIsReadLikeAnyOther() {
    assertThat(check(new HelloBuilder().version(0xFEFE).build()).orElseThrow().supportedVersions())
        .containsExactly(0xFEFE);
  }

  @Test
  void noTruncationKeepsAnExtension() {
    for (byte[] hello : hellos) {
      for (int length = 0; length < hello.length; length++) {
        // What is cut off right before its extensions is a message of an old client.
        Optional<ClientHello> parsed = check(Arrays.copyOf(hello, length));
        assertThat(parsed.map(ClientHello::extensionTypes).orElse(List.of()))
            .as("%s cut to %d", HexFormat.of().formatHex(hello), length)
            .isEmpty();
      }
    }
  }

  @Test
  void everyFlipOfOneByteIsSurvived() {
    int parsed = 0;
    for (byte[] hello : hellos) {
      for (int at = 0; at < hello.length; at++) {
        for (int flip = 1; flip < 1 << Byte.SIZE; flip++) {
          byte[] flipped = hello.clone();
          flipped[at] ^= (byte) flip;
          Optional<ClientHello> result = check(flipped);
          parsed += result.isPresent() ? 1 : 0;
          if (flip == 0x01 || flip == 0x80) {
            result.ifPresent(ClientHelloHostileTest::render);
          }
        }
      }
    }
    // Most bytes are random numbers, keys and names.
    assertThat(parsed).isPositive();
  }

  @Test
  void randomBytesAreSurvived() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try {
      for (int i = 0; i < RANDOM_INPUTS; i++) {
        byte[] body = new byte[random.nextInt(600)];
        random.nextBytes(body);
        check(body);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void randomExtensionsAreSurvived() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int parsed = 0;
    try {
      for (int i = 0; i < RANDOM_INPUTS; i++) {
        Optional<ClientHello> hello = check(randomHello(random));
        parsed += hello.isPresent() ? 1 : 0;
        if (i % 10 == 0) {
          hello.ifPresent(ClientHelloHostileTest::render);
        }
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
    assertThat(parsed).as("seed %d", seed).isBetween(RANDOM_INPUTS / 100, RANDOM_INPUTS);
  }

  /// Right on the outside; on the inside right, or nearly so, or noise.
  private static byte[] randomHello(Random random) {
    HelloBuilder builder =
        new HelloBuilder().suites(random.ints(1 + random.nextInt(20), 0, 1 << 16).toArray());
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      builder.extension(TYPES[random.nextInt(TYPES.length)], randomContent(random));
    }
    return builder.build();
  }

  private static String randomContent(Random random) {
    byte[] noise = new byte[random.nextInt(12)];
    random.nextBytes(noise);
    String content = HexFormat.of().formatHex(noise);
    return switch (random.nextInt(5)) {
      case 0 -> content;
      case 1 -> vector8(content);
      case 2 -> vector16(content);
      case 3 -> vector16(vector8(content));
      default -> vector16("00" + vector16(content));
    };
  }

  @Test
  void severalFlipsAtATimeAreSurvived() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try {
      for (int i = 0; i < RANDOM_INPUTS; i++) {
        byte[] body = hellos.get(random.nextInt(hellos.size())).clone();
        int flips = 2 + random.nextInt(6);
        for (int j = 0; j < flips; j++) {
          body[random.nextInt(body.length)] = (byte) random.nextInt();
        }
        check(body);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  /// The most of everything that the limit on the length leaves room for.
  @Test
  void theLargestMessagesAreReadInOneGo() {
    int many = 8000;
    HelloBuilder extensions = new HelloBuilder();
    IntStream.range(0x4000, 0x4000 + many).forEach(type -> extensions.extension(type, ""));
    assertThat(check(extensions.build()).orElseThrow().extensionTypes()).hasSize(many);
    HelloBuilder suites = new HelloBuilder().suites(IntStream.range(0, 2 * many).toArray());
    render(check(suites.build()).orElseThrow());
    String shares = ("001d" + vector16("00")).repeat(6000);
    HelloBuilder keys = new HelloBuilder().extension(51, vector16(shares));
    assertThat(check(keys.build())).isPresent();
    String names = vector8("0a").repeat(many);
    HelloBuilder protocols = new HelloBuilder().extension(16, vector16(names));
    render(check(protocols.build()).orElseThrow());
    String identities = (vector16("aa") + "00000000").repeat(700);
    String binders = vector8("00".repeat(32)).repeat(700);
    HelloBuilder psks = new HelloBuilder().extension(41, vector16(identities) + vector16(binders));
    assertThat(check(psks.build())).isPresent();
    HelloBuilder groups =
        new HelloBuilder().extension(10, vector16(numbers(IntStream.range(0, many).toArray())));
    render(check(groups.build()).orElseThrow());
  }
}
