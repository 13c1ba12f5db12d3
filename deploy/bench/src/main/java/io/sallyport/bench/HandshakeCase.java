package io.sallyport.bench;

import io.sallyport.handshake.Group;
import io.sallyport.ktls.TlsVersion;
import java.util.OptionalDouble;

/// A kind of handshake that is measured. All use AES-128-GCM.
enum HandshakeCase {
  TLS13_ECDSA("TLS 1.3, ECDSA P-256, X25519", TlsVersion.TLS_1_3, "EC", Group.X25519),
  TLS13_RSA("TLS 1.3, RSA-2048, X25519", TlsVersion.TLS_1_3, "RSA", Group.X25519),
  TLS12_ECDSA("TLS 1.2, ECDSA P-256, X25519", TlsVersion.TLS_1_2, "EC", Group.X25519),
  TLS13_HYBRID(
      "TLS 1.3, ECDSA P-256, X25519MLKEM768", TlsVersion.TLS_1_3, "EC", Group.X25519MLKEM768),
  TLS13_RESUMED("TLS 1.3, resumed, X25519", TlsVersion.TLS_1_3, "EC", Group.X25519);

  private final String title;
  private final TlsVersion version;
  private final String keyAlgorithm;
  private final Group group;

  HandshakeCase(String title, TlsVersion version, String keyAlgorithm, Group group) {
    this.title = title;
    this.version = version;
    this.keyAlgorithm = keyAlgorithm;
    this.group = group;
  }

  String title() {
    return title;
  }

  TlsVersion version() {
    return version;
  }

  /// Of the server's key, as the JDK calls it.
  String keyAlgorithm() {
    return keyAlgorithm;
  }

  Group group() {
    return group;
  }

  boolean isResumed() {
    return this == TLS13_RESUMED;
  }

  /// Whether libssl has it, so that there is something to compare with.
  boolean hasFloor() {
    return group != Group.X25519MLKEM768;
  }

  /// What the server may take, as a multiple of what libssl takes.
  OptionalDouble targetToFloor() {
    return this == TLS13_ECDSA ? OptionalDouble.of(1.15) : OptionalDouble.empty();
  }

  /// What the server may take, as a multiple of its own full handshake.
  OptionalDouble targetToFull() {
    return isResumed() ? OptionalDouble.of(0.5) : OptionalDouble.empty();
  }
}
