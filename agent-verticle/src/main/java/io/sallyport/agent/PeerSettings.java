package io.sallyport.agent;

import io.sallyport.handshake.Group;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.TlsVersion;
import java.util.Arrays;
import java.util.Vector;
import java.util.stream.Stream;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;

/// What a request demands, in the form that Bouncy Castle asks for it: the same for both sides.
final class PeerSettings {
  private PeerSettings() {}

  /// Newest first.
  static ProtocolVersion[] versions(TlsPolicy policy) {
    return Stream.of(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2)
        .filter(policy::allows)
        .map(PeerSettings::protocolVersion)
        .toArray(ProtocolVersion[]::new);
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

  static int[] suites(HandshakeRequest request) {
    return Arrays.stream(Suite.values())
        .filter(suite -> request.policy().allows(suite.version()))
        .filter(suite -> suite.fits(request.kind()))
        .mapToInt(Suite::number)
        .toArray();
  }

  static int[] groups(TlsPolicy policy) {
    return policy.groups().stream().mapToInt(Group::number).toArray();
  }

  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  static Vector<ProtocolName> protocolNames(TlsPolicy policy) {
    Vector<ProtocolName> names = new Vector<>();
    policy.alpn().forEach(name -> names.add(ProtocolName.asUtf8Encoding(name)));
    return names;
  }
}
