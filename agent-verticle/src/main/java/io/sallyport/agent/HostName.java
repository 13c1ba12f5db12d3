package io.sallyport.agent;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.bouncycastle.tls.NameType;
import org.bouncycastle.tls.ServerName;
import org.jspecify.annotations.Nullable;

/// Reads the host name that a client asks for (RFC 6066 §3).
final class HostName {
  private static final int LENGTH_MAX = 253;
  private static final Pattern LABELS =
      Pattern.compile(
          "([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");
  private static final Pattern ALL_NUMERIC_END = Pattern.compile("(.*\\.)?[0-9]+");

  private HostName() {}

  /// The host name in lower case, without the trailing dot that some clients leave.
  ///
  /// Null for what is no host name: too long, an IP address, other characters. It is then as if the
  /// client had named none; RFC 6066 leaves the choice between that and an alert.
  static @Nullable String of(List<ServerName> names) {
    for (ServerName name : names) {
      if (name.getNameType() == NameType.host_name) {
        return parse(new String(name.getNameData(), StandardCharsets.ISO_8859_1));
      }
    }
    return null;
  }

  static @Nullable String parse(String text) {
    String host = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    if (host.isEmpty() || host.length() > LENGTH_MAX) {
      return null;
    }
    String lower = host.toLowerCase(Locale.ROOT);
    // A name whose last label is a number is an IPv4 address or nothing.
    return LABELS.matcher(lower).matches() && !ALL_NUMERIC_END.matcher(lower).matches()
        ? lower
        : null;
  }
}
