package io.sallyport.agent;

import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;

/// What a request demands, in the form that Bouncy Castle asks for it: the same for both sides.
/// Every handshake asks several times, so that loops take the place of streams.
final class PeerSettings {
  private static final List<TlsVersion> NEWEST_FIRST =
      List.of(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2);

  private PeerSettings() {}

  /// Newest first.
  static ProtocolVersion[] versions(TlsPolicy policy) {
    List<ProtocolVersion> versions = new ArrayList<>(2);
    for (TlsVersion version : NEWEST_FIRST) {
      if (policy.allows(version)) {
        versions.add(protocolVersion(version));
      }
    }
    return versions.toArray(ProtocolVersion[]::new);
  }

  private static ProtocolVersion protocolVersion(TlsVersion version) {
    return switch (version) {
      case TLS_1_2 -> ProtocolVersion.TLSv12;
      case TLS_1_3 -> ProtocolVersion.TLSv13;
    };
  }

  static TlsVersion version(ProtocolVersion version) {
    return ProtocolVersion.TLSv13.equals(version) ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2;
  }

  static int[] suites(TlsPolicy policy, HandshakeKind kind) {
    int[] numbers = new int[Suite.ALL.size()];
    int count = 0;
    for (Suite suite : Suite.ALL) {
      if (policy.allows(suite.version()) && suite.fits(kind)) {
        numbers[count++] = suite.number();
      }
    }
    return Arrays.copyOf(numbers, count);
  }

  static int[] groups(TlsPolicy policy) {
    List<Group> groups = policy.groups();
    int[] numbers = new int[groups.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = groups.get(i).number();
    }
    return numbers;
  }

  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  static Vector<ProtocolName> protocolNames(TlsPolicy policy) {
    Vector<ProtocolName> names = new Vector<>();
    policy.alpn().forEach(name -> names.add(ProtocolName.asUtf8Encoding(name)));
    return names;
  }
}
