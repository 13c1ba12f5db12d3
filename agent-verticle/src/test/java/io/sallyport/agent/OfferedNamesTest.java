package io.sallyport.agent;

import static io.sallyport.agent.HelloBuilder.alpn;
import static io.sallyport.agent.HelloBuilder.numbers;
import static io.sallyport.agent.HelloBuilder.vector16;
import static io.sallyport.agent.HelloBuilder.vector8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.bouncycastle.tls.ExtensionType;
import org.junit.jupiter.api.Test;

class OfferedNamesTest {
  private static final int ALPN = ExtensionType.application_layer_protocol_negotiation;

  @Test
  void whatHasANameIsCalledByItAndTheRestByItsNumber() {
    ClientHello hello =
        new HelloBuilder()
            .suites(0x1A1A, 0x1301, 0xC02F, 0xC013, 0x00FF)
            .extension(0x4A4A, "")
            .extension(0x0000, HelloBuilder.SERVER_NAME)
            .extension(0x002B, vector8(numbers(0xFAFA, 0x0304, 0x0303, 0x7F1C)))
            .extension(0x000A, vector16(numbers(0x0A0A, 0x11EC, 0x001D, 0x0017, 0x0100, 0x01FC)))
            .extension(0x0033, vector16("001d" + vector16("00")))
            .extension(0x000D, vector16(numbers(0x0403, 0x0804, 0xEEEE)))
            .extension(ALPN, alpn("h2", "a b"))
            .hello();
    assertThat(OfferedNames.line(hello))
        .isEqualTo(
            "versions TLS 1.3, TLS 1.2, 0x7f1c;"
                + " suites TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
                + " 0xc013, 0x00ff;"
                + " groups X25519MLKEM768, x25519, secp256r1, ffdhe2048, 0x01fc;"
                + " key shares x25519;"
                + " schemes ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, 0xeeee;"
                + " alpn h2, a\\x20b;"
                + " sni peer.test");
  }

  @Test
  void whatIsNotOfferedIsNone() {
    ClientHello hello =
        ClientHello.parse(
                new HelloBuilder().version(0x0300).suites(0x0A0A).buildWithoutExtensions())
            .orElseThrow();
    assertThat(OfferedNames.line(hello))
        .isEqualTo(
            "versions SSL 3.0; suites none; groups none; key shares none; schemes none; alpn none;"
                + " sni none");
  }

  @Test
  void aServerNameThatIsNoHostNameIsNotRepeated() {
    ClientHello hello = new HelloBuilder().extension(0, vector16("00" + vector16("0a"))).hello();
    assertThat(OfferedNames.line(hello)).endsWith("; sni that is no host name");
  }

  @Test
  void aListEndsAfterSixteen() {
    assertThat(OfferedNames.groups(IntStream.range(0x4000, 0x4010).boxed().toList()))
        .endsWith("0x400e, 0x400f");
    assertThat(OfferedNames.groups(IntStream.range(0x4000, 0x4011).boxed().toList()))
        .endsWith("0x400e, 0x400f and 1 more");
    // 0x4a4a is GREASE.
    assertThat(OfferedNames.groups(IntStream.range(0x4000, 0x5000).boxed().toList()))
        .endsWith("0x400e, 0x400f and 4079 more");
  }

  @Test
  void theLongestLineIsBounded() {
    String name = "\n".repeat(255);
    ClientHello hello =
        new HelloBuilder()
            .suites(IntStream.generate(() -> 0xC02B).limit(4000).toArray())
            .extension(0, vector16("00" + vector16("61".repeat(63) + "2e61".repeat(95))))
            .extension(0x000A, vector16(numbers(IntStream.range(0x4000, 0x4800).toArray())))
            .extension(0x000D, vector16(numbers(IntStream.range(0x4000, 0x4800).toArray())))
            .extension(ALPN, alpn(name, name, name, name, name, name, name, name, name))
            .hello();
    assertThat(hello.serverName()).isPresent();
    assertThat(OfferedNames.alpn(hello)).matches("((\\\\x0a)+\\\\?\\.\\.\\.(, )?)+");
    assertThat(OfferedNames.line(hello)).hasSizeLessThan(4096).matches("[ -~]+");
  }
}
