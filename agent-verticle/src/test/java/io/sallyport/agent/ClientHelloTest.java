package io.sallyport.agent;

import static io.sallyport.agent.HelloBuilder.alpn;
import static io.sallyport.agent.HelloBuilder.numbers;
import static io.sallyport.agent.HelloBuilder.text;
import static io.sallyport.agent.HelloBuilder.vector16;
import static io.sallyport.agent.HelloBuilder.vector8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SNIHostName;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.NamedGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {
  private static final int PSK = ExtensionType.pre_shared_key;
  private static final int SNI = ExtensionType.server_name;

  private static ClientHello parsed(byte[] body) {
    return ClientHello.parse(body).orElseThrow();
  }

  private static void assertUnparsable(HelloBuilder builder) {
    assertThat(ClientHello.parse(builder.build())).isEmpty();
  }

  private static HelloBuilder with(int extensionType, String content) {
    return new HelloBuilder().extension(extensionType, content);
  }

  @Test
  void opensslOffersWhatItIsToldTo() throws Exception {
    ClientHello hello =
        parsed(
            CapturedHellos.openssl(
                "-servername",
                "Api.Example.COM",
                "-alpn",
                "h2,http/1.1",
                "-groups",
                "P-384:X25519",
                "-sigalgs",
                "ECDSA+SHA256:RSA-PSS+SHA256",
                "-ciphersuites",
                "TLS_CHACHA20_POLY1305_SHA256",
                "-cipher",
                "ECDHE-RSA-AES128-GCM-SHA256"));
    assertThat(hello.supportedVersions()).startsWith(0x0304, 0x0303);
    assertThat(hello.cipherSuites()).containsExactly(0x1303, 0xC02F, 0x00FF);
    assertThat(hello.compressionMethods()).containsExactly(0);
    assertThat(hello.serverName()).contains("api.example.com");
    assertThat(hello.hasServerName()).isTrue();
    assertThat(hello.alpn()).containsExactly("h2", "http/1.1");
    assertThat(hello.groups()).containsExactly(NamedGroup.secp384r1, NamedGroup.x25519);
    assertThat(hello.signatureSchemes()).containsExactly(0x0403, 0x0804);
    assertThat(hello.pskModes()).containsExactly(1);
    assertThat(hello.ticket()).hasValueSatisfying(ticket -> assertThat(ticket).isEmpty());
  }

  @Test
  void opensslOfTls12Alone() throws Exception {
    ClientHello hello =
        parsed(
            CapturedHellos.openssl(
                "-tls1_2",
                "-noservername",
                "-no_ticket",
                "-fallback_scsv",
                "-status",
                "-maxfraglen",
                "1024"));
    assertThat(hello.supportedVersions()).containsExactly(0x0303);
    assertThat(hello.extensionTypes()).doesNotContain(ExtensionType.supported_versions);
    assertThat(hello.hasServerName()).isFalse();
    assertThat(hello.serverName()).isEmpty();
    assertThat(hello.alpn()).isEmpty();
    assertThat(hello.ticket()).isEmpty();
  }

  @Test
  void curlAsksForTheHostOfItsAddress() throws Exception {
    ClientHello hello = parsed(CapturedHellos.curl());
    assertThat(hello.serverName()).contains("peer.test");
    assertThat(hello.alpn()).containsExactly("h2", "http/1.1");
    assertThat(hello.supportedVersions()).contains(0x0304);
  }

  @Test
  void theJdkOffersWhatItsParametersSay() throws Exception {
    ClientHello hello =
        parsed(
            CapturedHellos.jdk(parameters -> {
              parameters.setServerNames(List.of(new SNIHostName("jdk.example")));
              parameters.setApplicationProtocols(new String[] {"h2"});
              parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
              parameters.setNamedGroups(new String[] {"secp256r1", "x25519"});
            }));
    assertThat(hello.serverName()).contains("jdk.example");
    assertThat(hello.alpn()).containsExactly("h2");
    assertThat(hello.supportedVersions()).containsExactly(0x0304, 0x0303);
    assertThat(hello.groups()).containsExactly(NamedGroup.secp256r1, NamedGroup.x25519);
  }

  @Test
  void theResumingClientOfRfc8448() {
    ClientHello hello = parsed(KnownHellos.rfc8448Resumption());
    assertThat(hello.supportedVersions()).containsExactly(0x0304);
    assertThat(hello.cipherSuites()).containsExactly(0x1301, 0x1303, 0x1302);
    assertThat(hello.serverName()).contains("server");
    assertThat(hello.pskModes()).containsExactly(1);
  }

  @Test
  void aClientMayKnowNoExtensions() {
    ClientHello hello =
        parsed(new HelloBuilder().version(0x0301).suites(0x002F).buildWithoutExtensions());
    assertThat(hello.supportedVersions()).containsExactly(0x0301);
    assertThat(hello.extensionTypes()).isEmpty();
    assertThat(parsed(new HelloBuilder().build()).extensionTypes()).isEmpty();
  }

  @Test
  void greaseStaysWhereItIs() {
    ClientHello hello =
        new HelloBuilder()
            .suites(0x5A5A, 0x1301)
            .extension(0x1A1A, "")
            .extension(ExtensionType.supported_groups, vector16(numbers(0x2A2A, 0x001D)))
            .extension(ExtensionType.supported_versions, vector8(numbers(0xFAFA, 0x0304)))
            .extension(0xEAEA, "00")
            .hello();
    assertThat(hello.cipherSuites()).containsExactly(0x5A5A, 0x1301);
    assertThat(hello.groups()).containsExactly(0x2A2A, 0x001D);
    assertThat(hello.supportedVersions()).containsExactly(0xFAFA, 0x0304);
    assertThat(hello.extensionTypes()).startsWith(0x1A1A).endsWith(0xEAEA);
  }

  @Test
  void sixteenNumbersAreGrease() {
    long count = 0;
    for (int number = 0; number < 1 << Short.SIZE; number++) {
      count += ClientHello.isGrease(number) ? 1 : 0;
    }
    assertThat(count).isEqualTo(16);
    assertThat(ClientHello.isGrease(0x0A0A)).isTrue();
    assertThat(ClientHello.isGrease(0xFAFA)).isTrue();
    assertThat(ClientHello.isGrease(0x0A1A)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1", "a b", "'*.example'"})
  void aServerNameThatIsNoHostNameIsThereButNotTold(String name) {
    ClientHello hello = with(SNI, vector16("00" + vector16(text(name)))).hello();
    assertThat(hello.hasServerName()).isTrue();
    assertThat(hello.serverName()).isEmpty();
  }

  @Test
  void otherTypesOfServerNameAreOverlooked() {
    ClientHello hello =
        with(SNI, vector16("07" + vector16("ff") + "00" + vector16(text("peer.test")))).hello();
    assertThat(hello.serverName()).contains("peer.test");
  }

  @Test
  void protocolNamesAreSafeToPrintAndStayDifferent() {
    String[] names = {"h2", "\n2", "\\x0a2", "a,b", "a;\"b\"", "\u00e4", "a b", "\u007f", "\u0000"};
    ClientHello hello =
        with(ExtensionType.application_layer_protocol_negotiation, alpn(names)).hello();
    assertThat(hello.rawAlpn()).containsExactly(names);
    assertThat(hello.alpn())
        .containsExactly(
            "h2",
            "\\x0a2",
            "\\x5cx0a2",
            "a\\x2cb",
            "a\\x3b\\x22b\\x22",
            "\\xe4",
            "a\\x20b",
            "\\x7f",
            "\\x00");
  }

  @Test
  void theTicketIsHandedOutAsACopy() {
    ClientHello hello = with(ExtensionType.session_ticket, "0102").hello();
    hello.ticket().orElseThrow()[0] = 9;
    assertThat(hello.ticket().orElseThrow()).containsExactly(1, 2);
  }

  @Test
  void theBytesAreNotKept() {
    byte[] body = with(SNI, HelloBuilder.SERVER_NAME).extension(0x0023, "0102").build();
    ClientHello hello = parsed(body);
    Arrays.fill(body, (byte) 0xFF);
    assertThat(hello.serverName()).contains("peer.test");
    assertThat(hello.ticket().orElseThrow()).containsExactly(1, 2);
  }

  @Test
  void noExtensionComesTwice() {
    assertUnparsable(with(0x0017, "").extension(0x0017, ""));
    assertUnparsable(with(0x7777, "").extension(0x0017, "").extension(0x7777, "00"));
  }

  @Test
  void nothingComesBehindThePreSharedKeys() {
    String offer = vector16(vector16("aa") + "00000000") + vector16(vector8("00".repeat(32)));
    assertThat(ClientHello.parse(with(0x0017, "").extension(PSK, offer).build())).isPresent();
    assertUnparsable(with(PSK, offer).extension(0x0017, ""));
  }

  @Test
  void theMessageEndsWithItsExtensions() {
    byte[] body = with(SNI, HelloBuilder.SERVER_NAME).build();
    assertThat(ClientHello.parse(body)).isPresent();
    assertThat(ClientHello.parse(Arrays.copyOf(body, body.length + 1))).isEmpty();
  }

  @Test
  void theFieldsInFrontHaveBounds() {
    assertThat(ClientHello.parse(new HelloBuilder().sessionId("00".repeat(32)).build()))
        .isPresent();
    assertUnparsable(new HelloBuilder().sessionId("00".repeat(33)));
    assertUnparsable(new HelloBuilder().suites());
    assertUnparsable(new HelloBuilder().compressions(""));
    assertThat(ClientHello.parse(new byte[0])).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, ''",
    "0, 0000",
    "0, 0003000000",
    "0, 00080000016100000162",
    "10, 0000",
    "10, 0003001d00",
    "10, 0002001d00",
    "13, 0000",
    "13, 000104",
    "16, 0000",
    "16, 0002026832",
    "16, 000100",
    "16, 0003026832ff",
    "43, 00",
    "43, 03030403",
    "45, 00",
    "45, 020100ff"
  })
  void aMalformedExtensionMakesTheWholeUnparsable(int type, String content) {
    assertUnparsable(with(type, content));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0015, 0x0005, 0x002C, 0x1234, 0xFFFF})
  void otherExtensionsMayHoldAnything(int type) {
    assertThat(with(type, "deadbeef").hello().extensionTypes()).containsExactly(type);
  }

  @Test
  void aLengthAboveTheLimitIsNotLookedAt() {
    int overhead = with(0x0015, "").build().length;
    assertThat(with(0x0015, "00".repeat((1 << 15) - overhead)).hello().extensionTypes()).hasSize(1);
    assertUnparsable(with(0x0015, "00".repeat((1 << 15) - overhead + 1)));
  }

  @Test
  void theParserReadsFromItsOwnPartOfTheBytesOnly() throws Exception {
    HelloReader reader = new HelloReader(HexFormat.of().parseHex("0201020304"));
    HelloReader inner = reader.vector8(0);
    assertThat(inner.uint8s()).containsExactly(1, 2);
    assertThat(reader.uint16()).isEqualTo(0x0304);
  }

  @Test
  void aVectorDoesNotReachIntoWhatComesBehindTheOneAroundIt() throws Exception {
    HelloReader outer = new HelloReader(HexFormat.of().parseHex("03020a0b0c0d")).vector8(0);
    assertThat(outer.vector8(0).uint8s()).containsExactly(0x0A, 0x0B);
    HelloReader tooShort = new HelloReader(HexFormat.of().parseHex("03030a0b0c0d")).vector8(0);
    assertThatThrownBy(() -> tooShort.vector8(0)).isInstanceOf(HelloReader.Malformed.class);
  }
}
