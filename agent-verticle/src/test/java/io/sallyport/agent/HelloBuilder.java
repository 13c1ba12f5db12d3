package io.sallyport.agent;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;

/// Makes ClientHello messages, good ones and bad ones, out of hexadecimal digits.
final class HelloBuilder {
  static final String SERVER_NAME = vector16("00" + vector16(text("peer.test")));

  private int version = 0x0303;
  private String sessionId = "";
  private String suites = numbers(0x1301);
  private String compressions = "00";
  private final StringBuilder extensions = new StringBuilder();

  static String uint8(int number) {
    return HexFormat.of().toHexDigits((byte) number);
  }

  static String uint16(int number) {
    return HexFormat.of().toHexDigits((short) number);
  }

  static String numbers(int... numbers) {
    return Arrays.stream(numbers).mapToObj(HelloBuilder::uint16).collect(Collectors.joining());
  }

  /// One byte a character.
  static String text(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String vector8(String content) {
    return uint8(content.length() / 2) + content;
  }

  static String vector16(String content) {
    return uint16(content.length() / 2) + content;
  }

  static String alpn(String... names) {
    return vector16(
        Arrays.stream(names).map(name -> vector8(text(name))).collect(Collectors.joining()));
  }

  HelloBuilder version(int number) {
    version = number;
    return this;
  }

  HelloBuilder sessionId(String content) {
    sessionId = content;
    return this;
  }

  HelloBuilder suites(int... numbers) {
    suites = numbers(numbers);
    return this;
  }

  HelloBuilder compressions(String content) {
    compressions = content;
    return this;
  }

  HelloBuilder extension(int type, String content) {
    extensions.append(uint16(type)).append(vector16(content));
    return this;
  }

  private String start() {
    return uint16(version)
        + "5a".repeat(32)
        + vector8(sessionId)
        + vector16(suites)
        + vector8(compressions);
  }

  /// The body, as from a client that knows no extensions.
  byte[] buildWithoutExtensions() {
    return HexFormat.of().parseHex(start());
  }

  /// The body.
  byte[] build() {
    return HexFormat.of().parseHex(start() + vector16(extensions.toString()));
  }

  ClientHello hello() {
    return ClientHello.parse(build()).orElseThrow();
  }
}
