package io.sallyport.agent;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.tls.ExtensionType;

/// Names a client by how it introduces itself: JA4, after "JA4: TLS Client Fingerprinting" by
/// FoxIO, for TLS over TCP.
///
/// The same program has the same fingerprint wherever it connects to; many programs share one. Who
/// wants another one can have it: good for statistics and for suspicion, never for trust.
final class Ja4 {
  private static final int COUNT_MAX = 99;
  private static final int HASH_LENGTH = 12;

  /// Says better than the hash of nothing that there was nothing.
  private static final String HASH_OF_NONE = "0".repeat(HASH_LENGTH);

  private static final HexFormat HEX = HexFormat.of();

  private Ja4() {}

  /// The fingerprint: 36 characters of ASCII letters, digits and `_`.
  static String of(ClientHello hello) {
    return introduction(hello) + '_' + suites(hello) + '_' + extensions(hello);
  }

  private static String introduction(ClientHello hello) {
    return "t%s%c%02d%02d%s"
        .formatted(
            version(hello),
            hello.hasServerName() ? 'd' : 'i',
            count(hello.cipherSuites()),
            count(hello.extensionTypes()),
            alpn(hello.rawAlpn()));
  }

  private static Stream<Integer> withoutGrease(List<Integer> numbers) {
    return numbers.stream().filter(number -> !ClientHello.isGrease(number));
  }

  private static String version(ClientHello hello) {
    int highest = withoutGrease(hello.supportedVersions()).max(Integer::compare).orElse(0);
    return switch (highest) {
      case 0x0304 -> "13";
      case 0x0303 -> "12";
      case 0x0302 -> "11";
      case 0x0301 -> "10";
      case 0x0300 -> "s3";
      case 0x0002 -> "s2";
      case 0xFEFF -> "d1";
      case 0xFEFD -> "d2";
      case 0xFEFC -> "d3";
      default -> "00";
    };
  }

  private static long count(List<Integer> numbers) {
    return Math.min(COUNT_MAX, withoutGrease(numbers).count());
  }

  /// First and last character of the first name, or of its hexadecimal digits when one of the two
  /// is no letter or digit.
  private static String alpn(List<String> names) {
    if (names.isEmpty()) {
      return "00";
    }
    String name = names.getFirst();
    boolean plain =
        isAlphanumeric(name.charAt(0)) && isAlphanumeric(name.charAt(name.length() - 1));
    String text = plain ? name : HEX.formatHex(name.getBytes(StandardCharsets.ISO_8859_1));
    return "" + text.charAt(0) + text.charAt(text.length() - 1);
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  private static String suites(ClientHello hello) {
    return hash(list(withoutGrease(hello.cipherSuites()).sorted()));
  }

  private static String extensions(ClientHello hello) {
    // Already told in front, and different for every server.
    String types =
        list(
            withoutGrease(hello.extensionTypes())
                .filter(type -> type != ExtensionType.server_name)
                .filter(type -> type != ExtensionType.application_layer_protocol_negotiation)
                .sorted());
    String schemes = list(withoutGrease(hello.signatureSchemes()));
    return hash(schemes.isEmpty() ? types : types + '_' + schemes);
  }

  private static String list(Stream<Integer> numbers) {
    return numbers
        .map(number -> HEX.toHexDigits(number.shortValue()))
        .collect(Collectors.joining(","));
  }

  private static String hash(String list) {
    if (list.isEmpty()) {
      return HASH_OF_NONE;
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(list.getBytes(StandardCharsets.US_ASCII));
      return HEX.formatHex(digest).substring(0, HASH_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK must have it.
    }
  }
}
