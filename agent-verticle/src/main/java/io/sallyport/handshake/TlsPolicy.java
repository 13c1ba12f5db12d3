package io.sallyport.handshake;

import io.sallyport.ktls.TlsVersion;
import java.util.List;

/// What a consumer demands of a session.
///
/// @param minVersion the oldest version allowed, not above `maxVersion`
/// @param maxVersion the newest version allowed
/// @param alpn application protocols, most preferred first; empty: the peer's offer is ignored. A
///   client that offers only other protocols is refused (RFC 7301 §3.2)
public record TlsPolicy(TlsVersion minVersion, TlsVersion maxVersion, List<String> alpn) {
  /// TLS 1.2 and 1.3, no application protocol.
  public static final TlsPolicy DEFAULT =
      new TlsPolicy(TlsVersion.TLS_1_2, TlsVersion.TLS_1_3, List.of());

  public TlsPolicy {
    if (minVersion.compareTo(maxVersion) > 0) {
      throw new IllegalArgumentException("minVersion " + minVersion + " above " + maxVersion);
    }
    alpn = List.copyOf(alpn);
  }

  /// Whether `version` lies within the bounds.
  public boolean allows(TlsVersion version) {
    return minVersion.compareTo(version) <= 0 && version.compareTo(maxVersion) <= 0;
  }
}
