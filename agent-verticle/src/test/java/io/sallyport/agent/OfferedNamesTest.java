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
            .extension(0x4A4A, "")
            .extension(0x002B, vector8(numbers(0xFAFA, 0x0304, 0x0303, 0x7F1C)))
            .extension(0x000A, vector16(numbers(0x0A0A, 0x11EC, 0x001D, 0x0017, 0x0100, 0x01FC)))
            .extension(ALPN, alpn("h2", "a b"))
            .hello();
    assertThat(OfferedNames.versions(hello)).isEqualTo("TLS 1.3, TLS 1.2, 0x7f1c");
    assertThat(OfferedNames.groups(hello.groups()))
        .isEqualTo("X25519MLKEM768, x25519, secp256r1, ffdhe2048, 0x01fc");
    assertThat(OfferedNames.alpn(hello)).isEqualTo("h2, a\\x20b");
  }

  @Test
  void whatIsNotOfferedIsNone() {
    ClientHello hello =
        ClientHello.parse(new HelloBuilder().version(0x0300).buildWithoutExtensions())
            .orElseThrow();
    assertThat(OfferedNames.versions(hello)).isEqualTo("SSL 3.0");
    assertThat(OfferedNames.groups(hello.groups())).isEqualTo("none");
    assertThat(OfferedNames.alpn(hello)).isEqualTo("none");
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
  void theLongestListIsBounded() {
    String name = "\n".repeat(255);
    ClientHello hello = new HelloBuilder().extension(ALPN, alpn(name, name, name)).hello();
    assertThat(OfferedNames.alpn(hello)).matches("((\\\\x0a)+\\\\?\\.\\.\\.(, )?)+").hasSize(196);
    assertThat(OfferedNames.groups(IntStream.range(0x4000, 0x8000).boxed().toList()))
        .hasSizeLessThan(200);
  }
}
