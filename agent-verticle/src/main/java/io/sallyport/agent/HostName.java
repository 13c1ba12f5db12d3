package io.sallyport.agent;

import io.sallyport.trust.DnsName;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.bouncycastle.tls.NameType;
import org.bouncycastle.tls.ServerName;
import org.jspecify.annotations.Nullable;

/// Reads the host name that a client asks for (RFC 6066 §3).
final class HostName {
  private HostName() {}

  /// The host name in lower case, without the trailing dot that some clients leave.
  ///
  /// Null for what is no host name: too long, an IP address, other characters. It is then as if the
  /// client had named none; RFC 6066 leaves the choice between that and an alert.
  static @Nullable String of(List<ServerName> names) {
    for (ServerName name : names) {
      if (name.getNameType() == NameType.host_name) {
        return DnsName.parse(new String(name.getNameData(), StandardCharsets.ISO_8859_1));
      }
    }
    return null;
  }
}
