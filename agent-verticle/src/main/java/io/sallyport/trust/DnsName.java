package io.sallyport.trust;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// DNS names in A-labels, and the wildcards of certificates (RFC 9525 §6.3).
public final class DnsName {
  private static final String WILDCARD = "*.";
  private static final int LENGTH_MAX = 253;
  private static final int LABEL_LENGTH_MAX = 63;

  private DnsName() {}

  /// The name in lower case and without the trailing dot that some leave, or null for what is none:
  /// too long, an IP address, other characters.
  public static @Nullable String parse(String text) {
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    // In lower case only now: other scripts have letters whose lower case is ASCII.
    return name.length() <= LENGTH_MAX && isDnsName(name) ? name.toLowerCase(Locale.ROOT) : null;
  }

  /// Labels with dots between them. The last one is no number: that is an IPv4 address or nothing.
  private static boolean isDnsName(String name) {
    int start = 0;
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', start)) {
      if (!isLabel(name, start, dot)) {
        return false;
      }
      start = dot + 1;
    }
    return isLabel(name, start, name.length()) && !isNumber(name, start);
  }

  private static boolean isLabel(String name, int start, int end) {
    if (end == start || end - start > LABEL_LENGTH_MAX) {
      return false;
    }
    for (int i = start; i < end; i++) {
      char c = name.charAt(i);
      boolean inner = c == '-' && i > start && i < end - 1;
      if (!inner && !isDigit(c) && !isLetter(c) && c != '_') {
        return false;
      }
    }
    return true;
  }

  private static boolean isNumber(String name, int start) {
    for (int i = start; i < name.length(); i++) {
      if (!isDigit(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  /// What follows the `*.` of a wildcard name, or null for a name that is none: the star is the
  /// whole first label, and two labels at least follow, so that no wildcard spans a top-level
  /// domain.
  static @Nullable String wildcardParent(String text) {
    if (!text.startsWith(WILDCARD)) {
      return null;
    }
    String parent = parse(text.substring(WILDCARD.length()));
    return parent != null && parent.contains(".") ? parent : null;
  }

  /// Whether `name` is one label and then `parent`.
  static boolean isChild(String name, String parent) {
    int dot = name.indexOf('.');
    return dot > 0 && name.substring(dot + 1).equals(parent);
  }
}
