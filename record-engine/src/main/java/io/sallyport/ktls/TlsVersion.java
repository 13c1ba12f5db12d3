package io.sallyport.ktls;

import java.util.Arrays;
import java.util.Optional;

/// The protocol versions a record layer can be set to; `wire` is the value of `linux/tls.h`.
public enum TlsVersion {
  /// RFC 5246.
  TLS_1_2(0x0303, "TLSv1.2"),
  /// RFC 9846 (8446).
  TLS_1_3(0x0304, "TLSv1.3");

  private final int wire;
  private final String displayName;

  TlsVersion(int wire, String displayName) {
    this.wire = wire;
    this.displayName = displayName;
  }

  /// The version with this 16-bit number.
  public static Optional<TlsVersion> ofWire(int wire) {
    return Arrays.stream(values()).filter(version -> version.wire == wire).findFirst();
  }

  /// The 16-bit number of this version.
  public int wire() {
    return wire;
  }

  @Override
  public String toString() {
    return displayName;
  }
}
