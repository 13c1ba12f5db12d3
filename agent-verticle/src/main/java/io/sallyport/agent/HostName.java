package io.sallyport.agent;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.bouncycastle.tls.NameType;
import org.bouncycastle.tls.ServerName;
import org.jspecify.annotations.Nullable;

/// Reads the host name that a client asks for (RFC 6066 §3).
final class HostName {
  private static final int LENGTH_MAX = 253;
  private static final int LABEL_LENGTH_MAX = 63;

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
    return isHostName(lower) ? lower : null;
  }

  /// Labels with dots between them. The last one is no number: that is an IPv4 address or nothing.
  private static boolean isHostName(String name) {
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
      if (!inner && !isDigit(c) && c != '_' && (c < 'a' || c > 'z')) {
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
}
