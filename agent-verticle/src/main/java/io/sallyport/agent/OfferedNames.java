package io.sallyport.agent;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.bouncycastle.tls.NamedGroup;

/// What a client offers, in words for the operator.
///
/// Safe for a line of a log: visible ASCII and spaces only. A list has at most 16 items of at most
/// 64 characters, then says how many more there are; it leaves out GREASE, and is `none` when
/// nothing is left.
final class OfferedNames {
  private static final int ITEMS_MAX = 16;
  private static final int ITEM_LENGTH_MAX = 64;

  private OfferedNames() {}

  static String versions(ClientHello hello) {
    return numbers(
        hello.supportedVersions(),
        version ->
            switch (version) {
              case 0x0304 -> "TLS 1.3";
              case 0x0303 -> "TLS 1.2";
              case 0x0302 -> "TLS 1.1";
              case 0x0301 -> "TLS 1.0";
              case 0x0300 -> "SSL 3.0";
              default -> hex(version);
            });
  }

  /// @param groups numbers of named groups
  static String groups(List<Integer> groups) {
    return numbers(groups, number -> named(NamedGroup.getName(number), number));
  }

  static String alpn(ClientHello hello) {
    return join(hello.alpn(), OfferedNames::cut);
  }

  private static String cut(String name) {
    return name.length() <= ITEM_LENGTH_MAX ? name : name.substring(0, ITEM_LENGTH_MAX - 3) + "...";
  }

  /// Bouncy Castle has a word for what has no name.
  private static String named(String name, int number) {
    return name.equals("UNKNOWN") || name.equals("PRIVATE") ? hex(number) : name;
  }

  private static String hex(int number) {
    return "0x%04x".formatted(number);
  }

  private static String numbers(List<Integer> numbers, IntFunction<String> name) {
    return join(
        numbers.stream().filter(number -> !ClientHello.isGrease(number)).toList(), name::apply);
  }

  private static <T> String join(List<T> items, Function<T, String> name) {
    if (items.isEmpty()) {
      return "none";
    }
    String names = items.stream().limit(ITEMS_MAX).map(name).collect(Collectors.joining(", "));
    int more = items.size() - ITEMS_MAX;
    return more > 0 ? names + " and " + more + " more" : names;
  }
}
