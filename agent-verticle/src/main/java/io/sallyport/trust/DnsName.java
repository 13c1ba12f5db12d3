package io.sallyport.trust;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// DNS names in A-labels, and the wildcards of certificates (RFC 9525 §6.3).
final class DnsName {
  private static final String WILDCARD = "*.";
  private static final int LENGTH_MAX = 253;
  private static final Pattern LABELS =
      Pattern.compile(
          "([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
  private static final Pattern NUMBER_LAST = Pattern.compile("(.*\\.)?[0-9]+");

  private DnsName() {}

  /// The name in lower case and without a trailing dot, or null for what is none.
  static @Nullable String parse(String text) {
    if (text.isEmpty() || text.length() > LENGTH_MAX + 1) {
      return null;
    }
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    // Only then: other scripts have letters whose lower case is ASCII.
    if (!name.chars().allMatch(c -> c > ' ' && c <= '~')) {
      return null;
    }
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.length() <= LENGTH_MAX
            && LABELS.matcher(lower).matches()
            && !NUMBER_LAST.matcher(lower).matches()
        ? lower
        : null;
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
