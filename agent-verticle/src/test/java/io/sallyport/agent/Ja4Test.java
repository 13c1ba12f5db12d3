package io.sallyport.agent;

import static io.sallyport.agent.HelloBuilder.alpn;
import static io.sallyport.agent.HelloBuilder.numbers;
import static io.sallyport.agent.HelloBuilder.text;
import static io.sallyport.agent.HelloBuilder.vector16;
import static io.sallyport.agent.HelloBuilder.vector8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.bouncycastle.tls.ExtensionType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Fingerprints that others have published: in the document "JA4: TLS Client Fingerprinting" ("the
/// document"), and as expected results of tests of the JA4 reference implementation and of
/// CyberChef.
class Ja4Test {
  private static final int ALPN = ExtensionType.application_layer_protocol_negotiation;

  /// Of the document's example, in the order before they are sorted.
  private static final int[] EXAMPLE_SUITES = {
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C,
    0x009D, 0x002F, 0x0035
  };

  private static final int[] EXAMPLE_EXTENSIONS = {
    0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B,
    0xFF01, 0x000B, 0x000A, 0x0015
  };

  private static final int[] EXAMPLE_SCHEMES = {
    0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601
  };

  private static String ja4(byte[] body) {
    return Ja4.of(ClientHello.parse(body).orElseThrow());
  }

  /// These extensions, with contents that are allowed and of no matter but for the arguments.
  private static HelloBuilder extensions(int[] types, int[] schemes, String protocol) {
    HelloBuilder builder = new HelloBuilder();
    for (int type : types) {
      builder.extension(
          type,
          switch (type) {
            case 0x0000 -> HelloBuilder.SERVER_NAME;
            case 0x000A -> vector16(numbers(0x001D));
            case 0x000D -> vector16(numbers(schemes));
            case 0x0010 -> alpn(protocol);
            case 0x002B -> vector8(numbers(0x0304, 0x0303));
            case 0x002D -> "0101";
            case 0x0033 -> "0000";
            case 0xFF01 -> "00";
            default -> "";
          });
    }
    return builder;
  }

  @Test
  void theExampleOfTheDocument() {
    assertThat(
            Ja4.of(
                extensions(EXAMPLE_EXTENSIONS, EXAMPLE_SCHEMES, "h2")
                    .suites(EXAMPLE_SUITES)
                    .hello()))
        .isEqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1");
  }

  /// The document: "If there are no signature algorithms".
  @Test
  void theExampleOfTheDocumentWithoutSignatureSchemes() {
    assertThat(
            Ja4.of(
                extensions(EXAMPLE_EXTENSIONS, new int[] {0x0A0A}, "h2")
                    .suites(EXAMPLE_SUITES)
                    .hello()))
        .isEqualTo("t13d1516h2_8daaf6152771_6d807ffa2a79");
  }

  @Test
  void theCapturesOfTheReferenceImplementation() {
    assertThat(ja4(KnownHellos.chrome())).isEqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1");
    assertThat(ja4(KnownHellos.firefox())).isEqualTo("t13d1715h2_5b57614c22b0_3d5424432f57");
  }

  @Test
  void theTestsOfCyberChefForUnusualProtocols() {
    assertThat(ja4(KnownHellos.blankAlpn())).isEqualTo("t13d181220_85036bcba153_d41ae481755e");
    assertThat(ja4(KnownHellos.alpnWithBlank())).isEqualTo("t13d181260_85036bcba153_d41ae481755e");
  }

  /// Reference implementation, `tls-alpn-h2.pcap`. 0xefef and its like are no GREASE.
  @Test
  void aClientOfTls12() {
    int[] suites = {
      0xC030, 0xC02C, 0xC028, 0xC024, 0xC014, 0xC00A, 0x009F, 0x006B, 0x0039, 0xCCA9, 0xCCA8,
      0xCCAA, 0xFF85, 0x00C4, 0x0088, 0x0081, 0x009D, 0x003D, 0x0035, 0x00C0, 0x0084, 0xC02F,
      0xC02B, 0xC027, 0xC023, 0xC013, 0xC009, 0x009E, 0x0067, 0x0033, 0x00BE, 0x0045, 0x009C,
      0x003C, 0x002F, 0x00BA, 0x0041, 0xC011, 0xC007, 0x0005, 0x0004, 0xC012, 0xC008, 0x0016,
      0x000A, 0x00FF
    };
    int[] schemes = {
      0x0601, 0x0603, 0xEFEF, 0x0501, 0x0503, 0x0401, 0x0403, 0xEEEE, 0xEDED, 0x0301, 0x0303,
      0x0201, 0x0203
    };
    int[] types = {0x0000, 0x000B, 0x000A, 0x000D, 0x0010};
    assertThat(Ja4.of(extensions(types, schemes, "h2").suites(suites).hello()))
        .isEqualTo("t12d4605h2_85626a9a5f7f_aaf95bb78ec9");
  }

  /// Reference implementation, `latest.pcapng`.
  @Test
  void aClientOfTls12WithoutProtocols() {
    int[] suites = {
      0xC02C, 0xC02B, 0xC030, 0xC02F, 0xC024, 0xC023, 0xC028, 0xC027, 0xC00A, 0xC009, 0xC014,
      0xC013, 0x009D, 0x009C, 0x003D, 0x003C, 0x0035, 0x002F, 0x000A
    };
    int[] schemes = {
      0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603
    };
    int[] types = {0x0000, 0x0005, 0x000A, 0x000B, 0x000D, 0x0023, 0x0017, 0xFF01};
    assertThat(Ja4.of(extensions(types, schemes, "").suites(suites).hello()))
        .isEqualTo("t12d190800_d83cc789557e_7af1ed941c26");
  }

  /// Reference implementation, `latest.pcapng` and `sigalg-grease.pcapng`: GREASE everywhere does
  /// not count, here put into the document's example.
  @Test
  void greaseIsIgnoredEverywhere() {
    HelloBuilder builder = new HelloBuilder();
    int[] suites = IntStream.concat(IntStream.of(0xAAAA), IntStream.of(EXAMPLE_SUITES)).toArray();
    int[] schemes = IntStream.concat(IntStream.of(0x3A3A), IntStream.of(EXAMPLE_SCHEMES)).toArray();
    builder.suites(suites).extension(0x6A6A, "");
    for (int type : EXAMPLE_EXTENSIONS) {
      builder.extension(
          type,
          switch (type) {
            case 0x0000 -> HelloBuilder.SERVER_NAME;
            case 0x000A -> vector16(numbers(0x7A7A, 0x001D));
            case 0x000D -> vector16(numbers(schemes));
            case 0x0010 -> alpn("h2", "\n\n");
            case 0x002B -> vector8(numbers(0xFAFA, 0x0304));
            case 0x002D -> "020b01";
            case 0x0033 -> vector16("7a7a" + vector16("00"));
            case 0xFF01 -> "00";
            default -> "";
          });
    }
    builder.extension(0x0A0A, "00");
    assertThat(Ja4.of(builder.hello())).isEqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1");
  }

  /// The examples of the document under "ALPN Extension Value".
  @ParameterizedTest
  @CsvSource({
    "6832, h2",
    "687474702f312e31, h1",
    "78, xx",
    "ab, ab",
    "abcd, ad",
    "30ab, 3b",
    "3031abcd, 3d",
    "30abcd31, 01",
    "0a0a, 0a"
  })
  void theProtocolIsShownByItsEnds(String name, String expected) {
    String protocol = new String(HexFormat.of().parseHex(name), StandardCharsets.ISO_8859_1);
    assertThat(text(protocol)).isEqualTo(name);
    assertThat(Ja4.of(new HelloBuilder().extension(ALPN, alpn(protocol, "h2")).hello()))
        .startsWith("t12i0101" + expected + "_");
  }

  @ParameterizedTest
  @CsvSource({
    "0304, 13",
    "0303, 12",
    "0302, 11",
    "0301, 10",
    "0300, s3",
    "0002, s2",
    "feff, d1",
    "fefd, d2",
    "fefc, d3",
    "7f1c, 00"
  })
  void theVersionIsTheListedOrTheOneInFront(String version, String expected) {
    int number = HexFormat.fromHexDigits(version);
    assertThat(Ja4.of(new HelloBuilder().version(number).hello())).startsWith("t" + expected + "i");
    assertThat(Ja4.of(new HelloBuilder().extension(0x002B, vector8(version)).hello()))
        .startsWith("t" + expected + "i");
  }

  /// The document: such a hash is all zeros; a version nobody knows is `00`.
  @Test
  void whatIsNotThereIsZero() {
    assertThat(ja4(new HelloBuilder().suites(0x0A0A).buildWithoutExtensions()))
        .isEqualTo("t12i000000_000000000000_000000000000");
    assertThat(
            Ja4.of(
                extensions(new int[] {0x0000, 0x0010}, new int[0], "h2")
                    .suites(0x0A0A)
                    .extension(0xFAFA, "")
                    .hello()))
        .isEqualTo("t12d0002h2_000000000000_000000000000");
    assertThat(Ja4.of(new HelloBuilder().extension(0x002B, vector8("dada")).hello()))
        .startsWith("t00i0101");
  }

  @Test
  void countsEndAtNinetyNine() {
    HelloBuilder builder = new HelloBuilder().suites(IntStream.range(0x4000, 0x4100).toArray());
    IntStream.range(0x4000, 0x4100).forEach(type -> builder.extension(type, ""));
    assertThat(Ja4.of(builder.hello())).startsWith("t12i999900_");
  }

  @Test
  void theOrderOfSuitesAndExtensionsDoesNotMatterButThatOfSchemesDoes() {
    int[] types = EXAMPLE_EXTENSIONS.clone();
    Arrays.sort(types);
    int[] suites = EXAMPLE_SUITES.clone();
    Arrays.sort(suites);
    assertThat(Ja4.of(extensions(types, EXAMPLE_SCHEMES, "h2").suites(suites).hello()))
        .isEqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1");
    int[] schemes = EXAMPLE_SCHEMES.clone();
    Arrays.sort(schemes);
    assertThat(Ja4.of(extensions(types, schemes, "h2").suites(suites).hello()))
        .startsWith("t13d1516h2_8daaf6152771_")
        .doesNotEndWith("e5627efa2ab1");
  }
}
