package io.sallyport.agent;

import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.util.Hashtable;
import java.util.List;
import java.util.Set;
import java.util.Vector;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.PskKeyExchangeMode;
import org.bouncycastle.tls.ServerName;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsUtils;
import org.jspecify.annotations.Nullable;

/// The extensions of the first ClientHello, as far as a full handshake would go by them. Bouncy
/// Castle asks about tickets before it has read any of these.
@SuppressWarnings({"rawtypes", "unchecked", "JdkObsolete"}) // Bouncy Castle's types.
final class HelloExtensions {
  private final Hashtable extensions;

  HelloExtensions(@Nullable Hashtable extensions) {
    this.extensions = extensions == null ? new Hashtable() : extensions;
  }

  /// The host name asked for; null for none.
  @Nullable String serverName() throws IOException {
    Vector names = TlsExtensionsUtils.getServerNameExtensionClient(extensions);
    return names == null ? null : HostName.of((List<ServerName>) names);
  }

  /// The first of `own` that the client offers too; null for none.
  @Nullable String alpn(List<String> own) throws IOException {
    Vector offered = TlsExtensionsUtils.getALPNExtensionClient(extensions);
    if (offered == null) {
      return null;
    }
    return own.stream()
        .filter(name -> offered.contains(ProtocolName.asUtf8Encoding(name)))
        .findFirst()
        .orElse(null);
  }

  /// What decides how the server may authenticate.
  ClientOffer offer(TlsVersion version, int[] suites, int @Nullable [] groups) throws IOException {
    return ClientOffer.of(version, suites, schemes(), groups);
  }

  private Set<Integer> schemes() throws IOException {
    Vector algorithms = TlsExtensionsUtils.getSignatureAlgorithmsExtension(extensions);
    return algorithms == null ? Set.of() : SchemeChoice.numbers(algorithms);
  }

  /// The ticket of a TLS 1.2 client (RFC 5077 §3.2): empty when it has none yet, null when it takes
  /// none.
  byte @Nullable [] sessionTicket() {
    return TlsUtils.getExtensionData(extensions, Integer.valueOf(ExtensionType.session_ticket));
  }

  /// Whether a PSK with (EC)DHE is what a TLS 1.3 client can resume with (RFC 9846 §4.3.9, 8446
  /// §4.2.9).
  boolean takesPskWithDhe() throws IOException {
    short[] modes = TlsExtensionsUtils.getPSKKeyExchangeModesExtension(extensions);
    return modes != null
        && org.bouncycastle.util.Arrays.contains(modes, PskKeyExchangeMode.psk_dhe_ke);
  }
}
